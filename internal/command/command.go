// Package command is what the command lines of packagedb-local, packagedb-tables and the demo have in common.
package command

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/open-alchemy/packagedb/internal/version"
)

// Run runs a command and returns its exit status.
type Run = func(ctx context.Context, args []string, stdout, stderr io.Writer) (status int)

// Main exits with the status of run, or with 1 if the output of a run with status 0 cannot be written. An
// interrupt or SIGTERM ends the context of run, and a second one the process.
func Main(run Run) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(execute(ctx, run, os.Args, os.Stdout, os.Stderr))
}

// execute returns the exit status of Main. The first of the arguments is the name of the command.
func execute(ctx context.Context, run Run, args []string, stdout, stderr io.Writer) int {
	out := &output{Writer: stdout}
	status := run(ctx, args[1:], out, stderr)
	if status == 0 && out.err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", filepath.Base(args[0]), out.err)
		return 1
	}
	return status
}

// output keeps the first error of a Writer.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(data []byte) (int, error) {
	n, err := o.Writer.Write(data)
	o.err = cmp.Or(o.err, err)
	return n, err
}

// Parse parses the arguments, with -h and -version besides the flags that are defined. It reports
// whether the command has to end now, and with which status.
func Parse(flags *flag.FlagSet, usage string, args []string, stdout, stderr io.Writer) (status int, done bool) {
	printVersion := flags.Bool("version", false, "print the version and exit")
	var output strings.Builder
	flags.SetOutput(&output)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, output.String())
		return 0, true
	case err != nil:
		fmt.Fprint(stderr, output.String())
		return 2, true
	case *printVersion:
		fmt.Fprintln(stdout, flags.Name(), "v"+version.Version)
		return 0, true
	}
	flags.SetOutput(stderr)
	return 0, false
}
