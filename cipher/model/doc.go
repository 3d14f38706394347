// Package model is a symbolic model of the handshake, as Horn clauses that a theorem prover decides; README.md says what
// is in it. Its test runs the prover where it is installed.
package model
