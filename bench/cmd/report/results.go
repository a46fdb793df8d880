package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results holds the measured values of every benchmark, by its name without the number of processors
// and by unit, in the order of the rounds.
type results map[string]map[string][]float64

var processors = regexp.MustCompile(`-\d+$`)

// parse reads the output of "go test -bench", of any number of runs.
func parse(input io.Reader) (results, error) {
	measured := results{}
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		if measured[name] == nil {
			measured[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("the line %q: %w", lines.Text(), err)
			}
			measured[name][fields[i+1]] = append(measured[name][fields[i+1]], value)
		}
	}
	return measured, lines.Err()
}

// figure is a median, or nothing where it was not measured.
type figure struct {
	value  float64
	exists bool
}

func (r results) median(name, unit string) figure {
	return median(slices.Clone(r[name][unit]))
}

// ratio is the median over the rounds of how many times the one is the other.
func (r results) ratio(name, other, unit string) figure {
	ones, others := r[name][unit], r[other][unit]
	var ratios []float64
	for i := range min(len(ones), len(others)) {
		ratios = append(ratios, ones[i]/others[i])
	}
	return median(ratios)
}

func median(values []float64) figure {
	if len(values) == 0 {
		return figure{}
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return figure{(values[middle-1] + values[middle]) / 2, true}
	}
	return figure{values[middle], true}
}

// in prints the figure in a unit that is so many of the measured ones, with three digits.
func (f figure) in(unit float64) string {
	if !f.exists {
		return "–"
	}
	value := f.value / unit
	switch {
	case value == float64(int64(value)) || value >= 100:
		return strconv.FormatFloat(value, 'f', 0, 64)
	case value >= 10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	default:
		return strconv.FormatFloat(value, 'f', 2, 64)
	}
}

func (f figure) String() string { return f.in(1) }

// times prints the figure as a ratio.
func (f figure) times() string {
	if !f.exists {
		return "–"
	}
	return strconv.FormatFloat(f.value, 'f', 2, 64) + "×"
}

// names returns the values that a part of the names takes, such as those of "callers" among the names
// that match a pattern, smallest first where they are numbers.
func (r results) names(prefix, part string) []string {
	var found []string
	for name := range r {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		for element := range strings.SplitSeq(name, "/") {
			if value, ok := strings.CutPrefix(element, part+"="); ok && !slices.Contains(found, value) {
				found = append(found, value)
			}
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		m, _ := strconv.Atoi(a)
		n, _ := strconv.Atoi(b)
		if m != n {
			return m - n
		}
		return strings.Compare(a, b)
	})
	return found
}
