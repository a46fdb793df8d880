package awsclient

import (
	"math/rand/v2"
	"time"
)

func Backoff(retry int, first, longest time.Duration) time.Duration {
	for ; retry > 0 && first < longest; retry-- {
		first *= 2
	}
	return rand.N(min(first, longest))
}
