// Package command is what the command lines of packagedb-local and packagedb-tables have in common.
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
	"runtime/debug"
	"strings"
	"syscall"
)

// Main exits with the status of run. An interrupt or SIGTERM ends its context, and a second one the
// process.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) (status int)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Parse parses the arguments, with -h and -version besides the flags that are defined. It reports
// whether the command has to end now, and with which status.
func Parse(flags *flag.FlagSet, usage string, args []string, stdout, stderr io.Writer) (status int, done bool) {
	version := flags.Bool("version", false, "print the version and exit")
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
	case *version:
		built, _ := debug.ReadBuildInfo()
		fmt.Fprintln(stdout, flags.Name(), cmp.Or(built.Main.Version, "(unknown)"))
		return 0, true
	}
	flags.SetOutput(stderr)
	return 0, false
}
