// Package live is the hub between the ledger and the connections: it knows who is signed in where, and hands each change of
// an account, encoded once, to every connection of its owner that asked for it.
package live
