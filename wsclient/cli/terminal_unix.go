//go:build !windows

package cli

const controllingTerminal = "/dev/tty"
