package awsclient

import (
	"math/rand/v2"
	"time"
)

// Backoff returns a pause before a retry, the first of which is number 0. It doubles with every retry,
// from first up to longest, with full jitter: Marc Brooker, "Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015.
func Backoff(retry int, first, longest time.Duration) time.Duration {
	for ; retry > 0 && first < longest; retry-- {
		first *= 2
	}
	return rand.N(min(first, longest))
}
