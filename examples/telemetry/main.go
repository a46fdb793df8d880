// Telemetry exports an OpenTelemetry span and metrics for each call of packagedb. Copy its
// [NewObserver]. It prints what it exports; a service has its own exporters.
//
//	go run github.com/open-alchemy/packagedb/cmd/packagedb-local@latest &
//	STAGE=TEST go run .
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/open-alchemy/packagedb"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run stores a spec, reads it and looks for one that does not exist, under one span.
func run(ctx context.Context, output io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	spans, err := stdouttrace.New(stdouttrace.WithWriter(output), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	measurements, err := stdoutmetric.New(stdoutmetric.WithWriter(output), stdoutmetric.WithPrettyPrint())
	if err != nil {
		return err
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(measurements)))
	defer func() { // which exports what is left
		ctx := context.WithoutCancel(ctx)
		err = errors.Join(err, tracers.Shutdown(ctx), meters.Shutdown(ctx))
	}()

	observe, err := NewObserver(tracers, meters)
	if err != nil {
		return err
	}
	db, err := packagedb.Get(packagedb.WithObserver(observe))
	if err != nil {
		return err
	}

	ctx, span := tracers.Tracer("example").Start(ctx, "upload")
	defer span.End()
	spec := packagedb.SpecInput{Name: "pets", Version: "1.0.0", ModelCount: 2}
	if _, err := db.CreateUpdateSpec(ctx, "me", spec); err != nil {
		return err
	}
	if _, err := db.GetSpec(ctx, "me", "pets"); err != nil {
		return err
	}
	if _, err := db.GetSpec(ctx, "me", "plants"); !errors.Is(err, packagedb.ErrNotFound) {
		return err
	}
	return nil
}
