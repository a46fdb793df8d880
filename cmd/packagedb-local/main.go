// Packagedb-local serves an embedded DynamoDB over HTTP for services under development, in any
// language: no AWS account, nothing to install beyond Go.
//
//	go run github.com/open-alchemy/packagedb/cmd/packagedb-local@latest
//
// Both tables exist when it says that it listens. What is stored is in memory and gone when it stops,
// which an interrupt (Ctrl-C) or SIGTERM makes it do.
//
// Usage:
//
//	packagedb-local [-listen host:port] [-tables=false]
//
// The flags are:
//
//	-listen host:port
//		Where to listen, localhost:8000 by default, which is where STAGE=TEST looks. Port 0 is any
//		free port.
//	-tables
//		Create both tables, true by default. -tables=false starts empty.
//
// The exit status is 0 after an interrupt, 1 after a failure and 2 for wrong arguments.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

const (
	defaultAddress = "localhost:8000"

	readHeaderTimeout = 10 * time.Second
	stopTimeout       = 5 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until the context ends and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("packagedb-local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	address := flags.String("listen", defaultAddress, "`host:port` to listen at; port 0 is any free port")
	withTables := flags.Bool("tables", true, "create both tables; false starts empty")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "packagedb-local: unexpected argument %q\n", flags.Arg(0))
		flags.Usage()
		return 2
	}
	if err := serve(ctx, *address, *withTables, stdout); err != nil {
		fmt.Fprintln(stderr, "packagedb-local:", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, address string, withTables bool, stdout io.Writer) error {
	sockets, err := listen(ctx, address)
	if err != nil {
		return err
	}
	defer sockets.close()
	handler := engine.New()
	var tables []string
	if withTables {
		if tables, err = createTables(ctx, handler); err != nil {
			return err
		}
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readHeaderTimeout}
	failed := make(chan error, len(sockets.listeners))
	var serving sync.WaitGroup
	defer serving.Wait()
	for _, listener := range sockets.listeners {
		serving.Go(func() { failed <- server.Serve(listener) })
	}
	announce(stdout, sockets.url(), tables)

	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if server.Shutdown(stopping) != nil {
		_ = server.Close() // what still runs after so long is cut off
	}
	return err
}

// createTables creates both tables and returns their names.
func createTables(ctx context.Context, handler http.Handler) (names []string, err error) {
	client := dynamodb.New(dynamodb.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:  loopback.Client{Handler: handler},
	})
	for _, table := range packagedb.Tables() {
		names = append(names, *table.TableName)
	}
	return names, packagedb.CreateTables(ctx, client)
}

// announce tells the user what is there. Its first line is what scripts wait for.
func announce(stdout io.Writer, url string, tables []string) {
	created := "none"
	if len(tables) > 0 {
		created = strings.Join(tables, ", ")
	}
	fmt.Fprintf(stdout, `packagedb-local: listening at %s
tables: %s

Point a service at it with
  STAGE=TEST AWS_ENDPOINT_URL_DYNAMODB=%[1]s
Everything is in memory and gone when this stops (Ctrl-C).
`, url, created)
}
