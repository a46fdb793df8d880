// Service is a small HTTP service that stores its users' specs and credentials with packagedb. Copy
// from it. Its README shows how to run it.
//
// Its tests show both ways to test such a service: on a database that the test passes in, and on a
// server that packagedb.Get finds.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/open-alchemy/packagedb"
)

func main() {
	listen := flag.String("listen", "localhost:8080", "`host:port` to listen at")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	if err := serve(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

// serve serves until the context ends.
func serve(ctx context.Context, address string) error {
	if _, err := database(); err != nil {
		return err // at the start, not in every response
	}
	secret := os.Getenv("SERVICE_SECRET")
	if secret == "" {
		return errors.New("SERVICE_SECRET is not set: secret keys are derived from it")
	}
	if os.Getenv("STAGE") == "TEST" { // else a template has created it
		client, err := packagedb.GetClient()
		if err != nil {
			return err
		}
		if err := createDownloads(ctx, client); err != nil {
			return err
		}
	}
	s := service{database: database, client: packagedb.GetClient, now: time.Now, secret: []byte(secret)}
	server := &http.Server{Addr: address, Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	})
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// database is the one place for the options of Get. A service whose tables the Python facade uses too
// adds packagedb.WithPythonFacade().
func database() (packagedb.Database, error) { return packagedb.Get() }
