package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/dbconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/open-alchemy/packagedb"
)

// NewObserver returns a function for [packagedb.WithObserver] that makes a span and metrics of each
// call. They follow the semantic conventions for database clients; the operation is the method of the
// Database.
func NewObserver(
	tracers trace.TracerProvider, meters metric.MeterProvider,
) (observe func(context.Context, packagedb.Call), err error) {
	tracer := tracers.Tracer("packagedb")
	m, err := newMetrics(meters.Meter("packagedb"))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, call packagedb.Call) {
		attributes := []attribute.KeyValue{semconv.DBSystemNameAWSDynamoDB, semconv.DBOperationName(call.Operation)}
		if call.ErrorClass != "" {
			attributes = append(attributes, semconv.ErrorTypeKey.String(call.ErrorClass))
		}
		record(ctx, tracer, call, attributes)
		m.record(ctx, call, attributes)
	}, nil
}

// record records a span, a child of the span in ctx. The call has just ended, so its start is in the
// past.
func record(ctx context.Context, tracer trace.Tracer, call packagedb.Call, attributes []attribute.KeyValue) {
	end := time.Now()
	_, span := tracer.Start(ctx, call.Operation,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(end.Add(-call.Duration)),
		trace.WithAttributes(attributes...),
		trace.WithAttributes(
			attribute.Int("packagedb.requests", call.Requests),
			attribute.Int("packagedb.retries", call.Retries),
			attribute.Int("packagedb.conflicts", call.Conflicts),
			attribute.Float64("packagedb.read_units", call.ReadUnits),
			attribute.Float64("packagedb.write_units", call.WriteUnits)))
	if call.ErrorClass != "" {
		span.SetStatus(codes.Error, call.ErrorClass)
	}
	span.End(trace.WithTimestamp(end))
}

type metrics struct {
	duration                     dbconv.ClientOperationDuration
	requests, retries, conflicts metric.Int64Counter
	readUnits, writeUnits        metric.Float64Counter
	collection                   metric.Float64Histogram
}

func newMetrics(meter metric.Meter) (m metrics, err error) {
	var errs [7]error
	m.duration, errs[0] = dbconv.NewClientOperationDuration(meter,
		metric.WithExplicitBucketBoundaries(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10))
	m.requests, errs[1] = meter.Int64Counter("packagedb.requests", metric.WithUnit("{request}"),
		metric.WithDescription("Requests that were sent, retries included."))
	m.retries, errs[2] = meter.Int64Counter("packagedb.retries", metric.WithUnit("{request}"),
		metric.WithDescription("Requests that the SDK sent again."))
	m.conflicts, errs[3] = meter.Int64Counter("packagedb.conflicts", metric.WithUnit("{request}"),
		metric.WithDescription("Requests that failed because of conflicting writes."))
	m.readUnits, errs[4] = meter.Float64Counter("packagedb.read_units", metric.WithUnit("{unit}"),
		metric.WithDescription("Consumed read capacity units."))
	m.writeUnits, errs[5] = meter.Float64Counter("packagedb.write_units", metric.WithUnit("{unit}"),
		metric.WithDescription("Consumed write capacity units."))
	m.collection, errs[6] = meter.Float64Histogram("packagedb.item_collection.size", metric.WithUnit("GBy"),
		metric.WithDescription("Upper estimate of the size of a user's item collection after a write; the limit is 10."),
		metric.WithExplicitBucketBoundaries(1, 2, 4, 6, 8, 9, 10))
	return m, errors.Join(errs[:]...)
}

func (m metrics) record(ctx context.Context, call packagedb.Call, attributes []attribute.KeyValue) {
	set := attribute.NewSet(attributes...)
	m.duration.RecordSet(ctx, call.Duration.Seconds(), set)
	with := metric.WithAttributeSet(set)
	m.requests.Add(ctx, int64(call.Requests), with)
	m.retries.Add(ctx, int64(call.Retries), with)
	m.conflicts.Add(ctx, int64(call.Conflicts), with)
	m.readUnits.Add(ctx, call.ReadUnits, with)
	m.writeUnits.Add(ctx, call.WriteUnits, with)
	if call.CollectionGB > 0 {
		m.collection.Record(ctx, call.CollectionGB, with)
	}
}
