// The bank. See package app.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"caudal/server/app"
)

// echo is how long further signals count as the first: whoever stops a whole process group (a terminal, timeout(1)) may send
// the same signal twice.
const echo = 250 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; a second one ends the program at once.
	context.AfterFunc(ctx, func() { time.AfterFunc(echo, stop) })
	os.Exit(app.Main(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}
