// Package certs says who the bank is, and lets a client remember it.
//
// The bank's identity is an Ed25519 key that clients pin by its fingerprint ([Identity], [IdentityKey], [Pins]). It
// certifies the X25519 key of the encrypted channel for a week at a time ([ChannelCertificate], [ChannelKeys]). The TLS
// certificate around the channel is a separate matter ([TLS]): browsers and proxies need it, the channel does not trust it.
//
// The keys of the identity and of the channel are files of mode 0600 in directories of mode 0700; wider modes are refused.
// For TLS keys, which prove nothing inside the channel, see [DevelopmentTLS], [FileTLS] and [ACME]. Windows has no such
// modes: there, files have what the user's profile gives them, and nothing is checked.
package certs
