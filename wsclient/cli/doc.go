// Package cli is the command line of a Caudal customer: a thin layer on [caudal/wsclient/caudal] that reads what people
// type, keeps what a device must remember, and shows what the bank says, as text or as JSON.
//
// What the bank says is shown by [output] alone, where hostile text is made harmless; what went wrong is a [failure],
// which has the exit code; what a device remembers is in [home].
package cli
