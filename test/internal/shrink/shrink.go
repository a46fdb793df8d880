// Package shrink shortens what makes a test fail.
package shrink

import "slices"

// Slice returns a shorter slice that still fails. It leaves out elements that the failure does not
// need, many at once before single ones.
func Slice[T any](all []T, fails func(shorter []T) bool) []T {
	for size := (len(all) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(all); {
			shorter := slices.Delete(slices.Clone(all), from, min(from+size, len(all)))
			if fails(shorter) {
				all = shorter
			} else {
				from += size
			}
		}
	}
	return all
}
