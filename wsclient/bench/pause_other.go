//go:build !linux

package bench

import (
	"context"
	"time"
)

// pause waits for d, or for the context's end.
func pause(ctx context.Context, d time.Duration) { wait(ctx, d) }
