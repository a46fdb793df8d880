// Packagedb-local serves an embedded DynamoDB over HTTP for services under development, in any
// language. It needs neither an AWS account nor anything beyond Go.
//
//	go run github.com/open-alchemy/packagedb/cmd/packagedb-local@latest
//
// Both tables exist once it prints its URL. An interrupt (Ctrl-C) or SIGTERM stops it.
//
// Its page at /-/ on the same port shows the users with their specs and credentials, all tables with
// their keys, indexes, time to live and items, and the last requests, with what they asked for and why
// they failed. It hides hashes and salts, and changes nothing. To edit items, point dynamodb-admin, a web
// application for Node.js, at it:
//
//	DYNAMO_ENDPOINT=http://localhost:8000 npx dynamodb-admin
//
// Web pages cannot reach it: a request that a browser sends for a page of another origin is refused with
// status 403, unread. So is, if it listens on a loopback address alone, one that calls this host by a
// name that is not its own: its host name, localhost or that of -listen.
//
// Usage:
//
//	packagedb-local [-listen host:port] [-data file] [-expiry-delay duration] [-allow-origin origin] [-tables=false] [-v]
//
// The flags are:
//
//	-allow-origin origin
//		Let web pages of this origin, such as http://localhost:3000, send requests and read the
//		responses. Repeat it for several origins; there is no way to allow all.
//	-data file
//		Keep what is stored in this file; without it, all is in memory and gone when the command
//		stops. Each write is synced to the file before it is visible or acknowledged, so it survives
//		a power failure; reads wait meanwhile. One process at a time uses the file. If more than half
//		of it is free at the start, it is compacted, which takes space for a copy of the other half.
//		A file of packagedb-local 0.2.0 is an error.
//	-expiry-delay duration
//		How long an item stays readable after its time to live has expired, 48h by default. AWS
//		deletes it within a few days. With 0s it is gone in the next second.
//	-listen host:port
//		Where to listen, localhost:8000 by default, which is where STAGE=TEST looks. Port 0 is any
//		free port.
//	-tables
//		Create the two tables of packagedb if they are missing, true by default.
//	-v
//		Log each request in a line on standard error, with why it failed.
//	-version
//		Print the version and exit.
//
// The exit status is 0 after an interrupt, also during the start, 1 after a failure and 2 for wrong
// arguments.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/command"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/engine/store"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

const (
	usage = `packagedb-local serves an embedded DynamoDB over HTTP for services under development, with a page at /-/.

usage: packagedb-local [-listen host:port] [-data file] [-expiry-delay duration] [-allow-origin origin]
                       [-tables=false] [-v]

`
	defaultAddress = "localhost:8000"
	stopTimeout    = 5 * time.Second
)

func main() { command.Main(run) }

// settings are the flags.
type settings struct {
	address, data   string
	origins         origins
	tables, verbose bool
	expiryDelay     time.Duration
}

// run serves until the context ends and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("packagedb-local", flag.ContinueOnError)
	flags.Var(&s.origins, "allow-origin", "`origin` of web pages that may send requests, such as http://localhost:3000;\n"+
		"repeat it for several")
	flags.StringVar(&s.address, "listen", defaultAddress, "`host:port` to listen at; port 0 is any free port")
	flags.StringVar(&s.data, "data", "", "`file` that keeps what is stored; without it, all is in memory and gone when\n"+
		"the command stops; each write is synced to the file, and reads wait meanwhile")
	flags.DurationVar(&s.expiryDelay, "expiry-delay", engine.DefaultExpiryDelay,
		"how long an item stays readable after its time to live has expired")
	flags.BoolVar(&s.tables, "tables", true, "create the two tables of packagedb if they are missing")
	flags.BoolVar(&s.verbose, "v", false, "log each request")
	if status, done := command.Parse(flags, usage, args, stdout, stderr); done {
		return status
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "packagedb-local: unexpected argument %q\n", flags.Arg(0))
		flags.Usage()
		return 2
	}
	if s.expiryDelay < 0 {
		fmt.Fprintf(stderr, "packagedb-local: negative -expiry-delay %v\n", s.expiryDelay)
		flags.Usage()
		return 2
	}
	level := slog.LevelWarn
	if s.verbose {
		level = slog.LevelInfo
	}
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	if err := serve(ctx, s, stdout, logger); err != nil {
		fmt.Fprintln(stderr, "packagedb-local:", err)
		return 1
	}
	return 0
}

// serve loads what is stored, and then serves it until the context ends.
func serve(ctx context.Context, s settings, stdout io.Writer, logger *slog.Logger) (err error) {
	stored, closeData, err := load(ctx, s, logger)
	if err != nil {
		return endedStart(ctx, stdout, s.data+" was loaded", err)
	}
	defer func() { err = errors.Join(err, closeData()) }()
	client := loopback.NewDynamoDB(stored)
	tables, err := createTables(ctx, client, s.tables)
	if err != nil {
		return endedStart(ctx, stdout, "it listened", err)
	}
	listeners, url, err := listen(s.address)
	if err != nil {
		return err
	}
	hostname, _ := os.Hostname() // or else it is not called by it
	served := &requests{engine: stored, logger: logger}
	server := newServer(&access{
		origins:  s.origins,
		names:    []string{hostOf(s.address), hostOf(hostname)},
		loopback: !slices.ContainsFunc(listeners, isOpen),
		next:     route(newPage(client, served, url, s.data), served),
	})
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	defer serving.Wait()
	for _, listener := range listeners {
		serving.Go(func() { failed <- server.Serve(listener) })
	}
	if err = announce(stdout, url, tables, s.data); err == nil {
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if server.Shutdown(stopping) != nil {
		_ = server.Close() // cuts off what still runs
	}
	count, _ := served.recent()
	fmt.Fprintf(stdout, "packagedb-local: stopped after %d requests\n", count)
	return err
}

// endedStart says that a signal ended the start before something, or returns what ended it otherwise.
func endedStart(ctx context.Context, stdout io.Writer, before string, err error) error {
	if !errors.Is(err, ctx.Err()) {
		return err
	}
	fmt.Fprintln(stdout, "packagedb-local: stopped before", before)
	return nil
}

// createTables creates the tables of packagedb, if they are wanted, and returns the names of all tables.
func createTables(ctx context.Context, client *dynamodb.Client, wanted bool) (names []string, err error) {
	if wanted {
		if err := packagedb.CreateTables(ctx, client); err != nil {
			return nil, err
		}
	}
	return tableNames(ctx, client)
}

// load returns an engine with what is in the data file, and a function that closes the file. What is
// wrong with the address fails before a load that may take long, if it can be known without listening.
func load(ctx context.Context, s settings, logger *slog.Logger) (_ *engine.Engine, closeData func() error, err error) {
	delay := engine.WithExpiryDelay(s.expiryDelay)
	if s.data == "" {
		return engine.New(delay), func() error { return nil }, nil
	}
	if err := checkAddress(ctx, s.address); err != nil {
		return nil, nil, err
	}
	file, err := store.Open(ctx, s.data, logger)
	if err != nil {
		return nil, nil, err
	}
	stored, err := engine.Open(ctx, file, delay)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return stored, file.Close, nil
}

// newServer returns a server that drops a request whose body or reader never comes.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       5 * time.Minute,

		DisableGeneralOptionsHandler: true, // for OPTIONS * as for all others
	}
}

// announce prints the URL and what is served there. Scripts wait for its first line.
func announce(stdout io.Writer, url string, tables []string, data string) error {
	kept := "in memory, gone when this stops"
	if data != "" {
		kept = "kept in " + data
	}
	_, err := fmt.Fprintf(stdout, `packagedb-local: listening at %s
page:   %[1]s%s
tables: %s
data:   %s

Point a service at it with
  STAGE=TEST AWS_ENDPOINT_URL_DYNAMODB=%[1]s
Stop it with Ctrl-C.
`, url, pagePath, cmp.Or(strings.Join(tables, ", "), "none"), kept)
	return err
}
