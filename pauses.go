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

// pause waits before a retry, the first of which is number 0, or until the context ends.
func pause(ctx context.Context, retry int) error {
	timer := time.NewTimer(backoff(retry, firstPause, maxPause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// backoff doubles with every retry, from the first up to the longest, with full jitter: Marc Brooker,
// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
func backoff(retry int, first, longest time.Duration) time.Duration {
	for ; retry > 0 && first < longest; retry-- {
		first *= 2
	}
	return rand.N(min(first, longest))
}
