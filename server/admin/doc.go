// Package admin is how the bank is run: health, metrics and profiles on a loopback listener, and the operator's commands
// through a socket in the data folder.
package admin
