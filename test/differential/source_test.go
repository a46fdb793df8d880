package differential

import "math/rand/v2"

// source is a stream of random decisions, the same for the same seed and stream.
type source struct {
	*rand.Rand
}

func newSource(seed, stream uint64) source {
	return source{rand.New(rand.NewPCG(seed, stream))}
}

// chance reports true in percent of the cases.
func (s source) chance(percent int) bool { return s.IntN(100) < percent }

// between returns a number from low to high, both included.
func (s source) between(low, high int) int { return low + s.IntN(high-low+1) }

// pick returns one of the choices.
func pick[T any](s source, choices ...T) T { return choices[s.IntN(len(choices))] }

// sample returns count of the choices in random order.
func sample[T any](s source, count int, choices []T) []T {
	taken := make([]T, 0, count)
	for _, i := range s.Perm(len(choices))[:min(count, len(choices))] {
		taken = append(taken, choices[i])
	}
	return taken
}
