package differential

import "math/rand/v2"

// source is a stream of random decisions. The same seed and stream give the
// same decisions in every run.
type source struct {
	*rand.Rand
}

func newSource(seed, stream uint64) source {
	return source{rand.New(rand.NewPCG(seed, stream))}
}

// chance is true in so many of a hundred cases.
func (s source) chance(percent int) bool { return s.IntN(100) < percent }

// between is a number from low to high, both included.
func (s source) between(low, high int) int { return low + s.IntN(high-low+1) }

// pick is one of the choices.
func pick[T any](s source, choices ...T) T { return choices[s.IntN(len(choices))] }

// sample is so many of the choices, in random order.
func sample[T any](s source, count int, choices []T) []T {
	taken := make([]T, 0, count)
	for _, i := range s.Perm(len(choices))[:min(count, len(choices))] {
		taken = append(taken, choices[i])
	}
	return taken
}

// option is a choice that is taken more often the greater its weight.
type option[T any] struct {
	weight int
	choice T
}

func weigh[T any](s source, options []option[T]) T {
	total := 0
	for _, o := range options {
		total += o.weight
	}
	at := s.IntN(total)
	for _, o := range options {
		if at -= o.weight; at < 0 {
			return o.choice
		}
	}
	panic("unreachable: the weights add up to the total")
}
