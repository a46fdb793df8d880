package packagedb

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstPause = 10 * time.Millisecond
	maxPause   = time.Second
)

// pause waits before a retry, the first of which is number 0, or until the context ends. It grows
// exponentially up to a second, with full jitter: Marc Brooker, "Exponential Backoff And Jitter",
// AWS Architecture Blog, 2015.
func pause(ctx context.Context, retry int) error {
	longest := maxPause
	if retry < 7 { // 10 ms doubled seven times is over a second
		longest = min(maxPause, firstPause<<retry)
	}
	timer := time.NewTimer(rand.N(longest) + 1)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
