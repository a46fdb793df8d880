// Service is a small HTTP service that stores its users' specs with packagedb, to copy from.
//
//	go run github.com/open-alchemy/packagedb/cmd/packagedb-local@latest &   # in place of AWS
//	STAGE=TEST go run .
//	curl -X PUT -H 'Sub: me' -d '{"version": "1.0.0", "model_count": 2}' localhost:8080/specs/pets
//	curl -H 'Sub: me' localhost:8080/specs
//
// Its tests show both ways to test such a service: on a database of the test's own, which it is given,
// and on a server that packagedb.Get finds by itself.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
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
	if _, err := packagedb.Get(); err != nil {
		return err // rather now, for whoever starts the service, than to every user
	}
	server := &http.Server{
		Addr:              address,
		Handler:           newHandler(packagedb.Get),
		ReadHeaderTimeout: 10 * time.Second,
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
