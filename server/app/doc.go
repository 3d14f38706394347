// Package app puts the server together, starts and stops it, and has the commands that an operator types.
package app
