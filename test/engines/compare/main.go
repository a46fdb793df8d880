// Compare runs the conformance suite on the embedded engine and on others, prints how long it took, and
// draws that:
//
//	compare [-runs N] FILE.png
//
// Its working directory is that of this module.
package main

import (
	"context"
	"flag"
	"fmt"
	"image/color"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

const (
	root     = ".." // the module with the suite
	embedded = "embedded engine"
)

func main() {
	runs := flag.Int("runs", 3, "how many times each engine runs the tests")
	flag.Parse()
	log.SetFlags(0)
	if flag.NArg() != 1 || *runs < 1 {
		log.Fatal("usage: compare [-runs N] FILE.png")
	}
	if err := run(context.Background(), *runs, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

// measurement is how long an engine takes: until it responds, and until it has run the tests as well.
type measurement struct {
	engine       string
	start, whole time.Duration
}

func run(ctx context.Context, runs int, picture string) error {
	directory, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	suite := filepath.Join(directory, "suite")
	if _, err := timed(ctx, "go", "test", "-c", "-o", suite, "."); err != nil {
		return err
	}
	var all []measurement
	for _, engine := range []string{embedded, "dynalite", "dynamodb-local"} {
		m, err := measure(ctx, engine, suite, runs)
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		fmt.Printf("%-15s  starts in %4.1f s, with the tests %5.1f s\n", m.engine, m.start.Seconds(), m.whole.Seconds())
		all = append(all, m)
	}
	return draw(all, picture)
}

// measure returns the medians of an engine.
func measure(ctx context.Context, engine, suite string, runs int) (m measurement, err error) {
	tests := []string{suite, "-test.run", "^TestDatabase$/^by_default$"}
	nothing := []string{"true"}
	if engine != embedded {
		start := []string{filepath.Join("test", "engines", "run"), engine, "--"}
		tests, nothing = slices.Concat(start, tests), slices.Concat(start, nothing)
		if _, err := timed(ctx, nothing...); err != nil { // installs it
			return m, err
		}
	}
	starts, wholes := make([]time.Duration, runs), make([]time.Duration, runs)
	for i := range runs {
		if starts[i], err = timed(ctx, nothing...); err != nil {
			return m, err
		}
		if wholes[i], err = timed(ctx, tests...); err != nil {
			return m, err
		}
	}
	slices.Sort(starts)
	slices.Sort(wholes)
	return measurement{engine, starts[runs/2], wholes[runs/2]}, nil
}

// timed returns how long a command takes, which must succeed.
func timed(ctx context.Context, command ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = root
	started := time.Now()
	output, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%q: %w\n%s", command, err, output)
	}
	return time.Since(started), nil
}

// draw draws a bar for each engine, with the time to start below that of the tests.
func draw(all []measurement, picture string) error {
	var starts, tests plotter.Values
	var engines []string
	for _, m := range slices.Backward(all) { // from the bottom
		starts = append(starts, m.start.Seconds())
		tests = append(tests, (m.whole - m.start).Seconds())
		engines = append(engines, m.engine)
	}
	p := plot.New()
	p.Title.Text = "The conformance suite on each engine"
	p.X.Label.Text = "seconds"
	p.X.Min, p.Legend.Top = 0, true
	p.NominalY(engines...)
	var below *plotter.BarChart
	for _, part := range []struct {
		name   string
		values plotter.Values
		color  color.Color
	}{
		{"until it responds", starts, color.Gray{180}},
		{"the tests", tests, color.RGBA{R: 31, G: 119, B: 180, A: 255}},
	} {
		bars, err := plotter.NewBarChart(part.values, vg.Points(18))
		if err != nil {
			return err
		}
		bars.Horizontal, bars.Color, bars.LineStyle.Width = true, part.color, 0
		if below != nil {
			bars.StackOn(below)
		}
		below = bars
		p.Add(bars)
		p.Legend.Add(part.name, bars)
	}
	return p.Save(20*vg.Centimeter, 7*vg.Centimeter, picture)
}
