// Packagedb-local serves an embedded DynamoDB over HTTP for services under development, in any
// language. It needs neither an AWS account nor anything beyond Go.
//
//	go run github.com/open-alchemy/packagedb/cmd/packagedb-local@latest
//
// Both tables exist once it prints its URL. Its page at /-/ on the same port shows the users with
// their specs and credentials, the items of all tables and the last requests. An interrupt (Ctrl-C)
// or SIGTERM stops it.
//
// Usage:
//
//	packagedb-local [-listen host:port] [-data file] [-tables=false] [-v]
//
// The flags are:
//
//	-data file
//		Keep what is stored in this file; without it, all is in memory and gone when the command
//		stops. The file is a journal: each write is in it before it is answered, so it survives a
//		kill of the process. It is synced to the disk only at the start and the end, so a power
//		failure may lose the last writes. An incomplete last line is cut off at the next start;
//		other damage is an error, and the file stays as it is. One command at a time uses a file,
//		by locking another one, with .lock appended to its name.
//	-listen host:port
//		Where to listen, localhost:8000 by default, which is where STAGE=TEST looks. Port 0 is any
//		free port.
//	-tables
//		Create those of both tables that are missing, true by default.
//	-v
//		Log each request in a line on standard error.
//	-version
//		Print the version and exit.
//
// The exit status is 0 after an interrupt, 1 after a failure and 2 for wrong arguments.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/command"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

const (
	usage = `packagedb-local serves an embedded DynamoDB over HTTP for services under development, with a page at /-/.

usage: packagedb-local [-listen host:port] [-data file] [-tables=false] [-v]

`
	defaultAddress = "localhost:8000"
	stopTimeout    = 5 * time.Second
)

func main() { command.Main(run) }

// settings are the flags.
type settings struct {
	address, data   string
	tables, verbose bool
}

// run serves until the context ends and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("packagedb-local", flag.ContinueOnError)
	flags.StringVar(&s.address, "listen", defaultAddress, "`host:port` to listen at; port 0 is any free port")
	flags.StringVar(&s.data, "data", "", "`file` to keep what is stored in; all is in memory without it")
	flags.BoolVar(&s.tables, "tables", true, "create those of both tables that are missing")
	flags.BoolVar(&s.verbose, "v", false, "log each request")
	if status, done := command.Parse(flags, usage, args, stdout, stderr); done {
		return status
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "packagedb-local: unexpected argument %q\n", flags.Arg(0))
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

func serve(ctx context.Context, s settings, stdout io.Writer, logger *slog.Logger) (err error) {
	listeners, url, err := listen(s.address)
	if err != nil {
		return err
	}
	defer func() {
		for _, listener := range listeners {
			_ = listener.Close() // the server may have closed it before
		}
	}()
	stored := engine.New()
	if s.data != "" {
		if stored, err = engine.Open(s.data, logger); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, stored.Close()) }()
	client := dynamodb.New(dynamodb.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:  loopback.Client{Handler: stored},
	})
	created := "none created"
	if s.tables {
		if err := packagedb.CreateTables(ctx, client); err != nil {
			return err
		}
		specs, credentials := packagedb.Tables()[0], packagedb.Tables()[1]
		created = *specs.TableName + ", " + *credentials.TableName
	}
	answered := &requests{engine: stored, logger: logger}
	server := newServer(route(newPage(client, answered, url, s.data), answered))
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	defer serving.Wait()
	for _, listener := range listeners {
		serving.Go(func() { failed <- server.Serve(listener) })
	}
	announce(stdout, url, created, s.data)

	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if server.Shutdown(stopping) != nil {
		_ = server.Close() // cuts off what still runs
	}
	count, _ := answered.recent()
	fmt.Fprintf(stdout, "packagedb-local: stopped, %d requests answered\n", count)
	return err
}

// newServer returns a server that drops a request whose body or reader never comes.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       5 * time.Minute,
	}
}

// announce prints the URL and what is served there. Scripts wait for its first line.
func announce(stdout io.Writer, url, tables, data string) {
	kept := "in memory, gone when this stops"
	if data != "" {
		kept = "kept in " + data
	}
	fmt.Fprintf(stdout, `packagedb-local: listening at %s
page:   %[1]s%s
tables: %s
data:   %s

Point a service at it with
  STAGE=TEST AWS_ENDPOINT_URL_DYNAMODB=%[1]s
Stop it with Ctrl-C.
`, url, pagePath, tables, kept)
}
