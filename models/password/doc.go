// Package password turns passwords into argon2id hashes (RFC 9106) in PHC strings and checks them, a bounded number at a
// time, at the same cost whether the user exists or not.
package password
