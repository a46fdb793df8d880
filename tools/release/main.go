// Release decides whether a release is due, proves it and tags it.
//
//	release [-root DIR] COMMAND
//
// The commands are:
//
//	required          print result=true or result=false and project-version=X.Y.Z: whether the version
//	                  in version.go is past the newest released tag, candidates apart
//	check             prove that the commit can be released at that version
//	consume VERSION   get the version from GOPROXY into an empty module, build the README's code there
//	                  and run the production tests against what STAGE points at; the version is one such
//	                  as v1.2.3, or "configured" for that in version.go
//	proxy DIR         write a module proxy of the commit at that version, for GOPROXY=file://DIR
//	candidate         tag the commit as the next candidate, vX.Y.Z-rc.N, push the tag and print tag=...
//	final             tag the commit as vX.Y.Z, push the tag and print tag=...
//
// The repository is expected to hold version.go with the constant version, CHANGELOG.md, README.md,
// the production tests in test/production and a local server in cmd/packagedb-local.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

var errUsage = errors.New("usage: release [-root DIR] [-gorelease PATH] required|check|candidate|final|consume VERSION|proxy DIR")

func run(ctx context.Context, arguments []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	root := flags.String("root", ".", "the repository")
	gorelease := flags.String("gorelease", "gorelease", "the program that compares APIs")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	p, err := openProject(*root)
	if err != nil {
		return err
	}
	switch command := flags.Args(); {
	case len(command) == 1 && command[0] == "required":
		return printRequired(ctx, p, stdout)
	case len(command) == 1 && command[0] == "check":
		return check(ctx, p, *gorelease, stdout)
	case len(command) == 1 && command[0] == "candidate":
		return tagCandidate(ctx, p, stdout)
	case len(command) == 1 && command[0] == "final":
		return tagFinal(ctx, p, stdout)
	case len(command) == 2 && command[0] == "consume":
		version := command[1]
		if version == "configured" {
			version = p.tag()
		}
		return consume(ctx, p, consumer{version: version, environment: os.Environ(), output: stdout})
	case len(command) == 2 && command[0] == "proxy":
		return writeProxy(ctx, p, command[1], "HEAD", p.tag())
	default:
		return errUsage
	}
}
