package bench

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// pause waits for d, or for the context's end. Go's timers are good to a millisecond where nothing else goes on, which would be
// most of what a quick bank takes; the system's are good to a twentieth of that.
func pause(ctx context.Context, d time.Duration) {
	const coarse = 2 * time.Millisecond
	if d > coarse {
		wait(ctx, d-coarse)
		return
	}
	t := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&t, nil) // whoever waits looks at the clock again
}
