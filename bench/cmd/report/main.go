// Command report turns the output of the benchmarks into tables, and into plots where it is told a
// directory for them:
//
//	go run ./cmd/report [-plots DIRECTORY] FILE
//
// Figures are medians over the rounds of the run. A ratio is the median of the ratios of the rounds,
// each of which compares what was measured within seconds of each other.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	plots := flag.String("plots", "", "write the plots as SVG into this `directory`")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, flag.Arg(0), *plots); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, path, plots string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	measured, err := parse(file)
	if err != nil {
		return err
	}
	for _, t := range tables(measured) {
		if len(t.rows) > 0 {
			t.print(out)
		}
	}
	if plots == "" {
		return nil
	}
	for name, drawn := range drawings(measured) {
		if err := os.WriteFile(filepath.Join(plots, name+".svg"), []byte(drawn), 0o644); err != nil {
			return err
		}
	}
	return nil
}
