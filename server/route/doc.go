// Package route says who may do what, and does it: one table of all commands with what each needs, one function a command,
// one table from the bank's errors to the protocol's codes.
//
// Commands that only queue or compute (transfer, deposit, withdraw, hello, ping) run on the connection's reading goroutine.
// Everything that reads the database or hashes a password runs on a [pool] of workers, bounded, in turns between the
// connections.
package route
