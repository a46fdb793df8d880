package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// telemetry is an observer and what it has exported to memory.
type telemetry struct {
	observe func(context.Context, packagedb.Call)
	tracer  trace.Tracer
	spans   *tracetest.InMemoryExporter
	reader  *sdkmetric.ManualReader
}

func newTelemetry(t *testing.T) *telemetry {
	spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	observe, err := NewObserver(tracers, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	require.NoError(t, err)
	return &telemetry{observe: observe, tracer: tracers.Tracer("test"), spans: spans, reader: reader}
}

// points returns the data points of all metrics, by metric, operation and error class.
func (o *telemetry) points(t *testing.T) map[[3]string]float64 {
	var collected metricdata.ResourceMetrics
	require.NoError(t, o.reader.Collect(t.Context(), &collected))
	require.Len(t, collected.ScopeMetrics, 1)
	points := make(map[[3]string]float64)
	for _, metric := range collected.ScopeMetrics[0].Metrics {
		add := func(set attribute.Set, value float64) {
			system, _ := set.Value("db.system.name")
			assert.Equal(t, "aws.dynamodb", system.AsString(), metric.Name)
			operation, _ := set.Value("db.operation.name")
			class, _ := set.Value("error.type")
			points[[3]string{metric.Name, operation.AsString(), class.AsString()}] = value
		}
		switch data := metric.Data.(type) {
		case metricdata.Sum[int64]:
			for _, point := range data.DataPoints {
				add(point.Attributes, float64(point.Value))
			}
		case metricdata.Sum[float64]:
			for _, point := range data.DataPoints {
				add(point.Attributes, point.Value)
			}
		case metricdata.Histogram[float64]:
			for _, point := range data.DataPoints {
				add(point.Attributes, point.Sum)
			}
		default:
			assert.Failf(t, "unexpected data", "%s has %T", metric.Name, data)
		}
	}
	return points
}

func TestNewObserver(t *testing.T) {
	t.Run("makes a span and metrics of a call", func(t *testing.T) {
		o := newTelemetry(t)
		ctx, parent := o.tracer.Start(t.Context(), "parent")
		o.observe(ctx, packagedb.Call{
			Operation: "CreateUpdateSpec", Duration: 1500 * time.Millisecond, Requests: 5, Retries: 2, Conflicts: 1,
			ReadUnits: 0.5, WriteUnits: 6, CollectionGB: 9,
		})

		spans := o.spans.GetSpans()
		require.Len(t, spans, 1)
		span := spans[0]
		assert.Equal(t, "CreateUpdateSpec", span.Name)
		assert.Equal(t, trace.SpanKindClient, span.SpanKind)
		assert.Equal(t, parent.SpanContext().SpanID(), span.Parent.SpanID())
		assert.Equal(t, 1500*time.Millisecond, span.EndTime.Sub(span.StartTime))
		assert.Equal(t, codes.Unset, span.Status.Code)
		assert.ElementsMatch(t, []attribute.KeyValue{
			attribute.String("db.system.name", "aws.dynamodb"),
			attribute.String("db.operation.name", "CreateUpdateSpec"),
			attribute.Int("packagedb.requests", 5),
			attribute.Int("packagedb.retries", 2),
			attribute.Int("packagedb.conflicts", 1),
			attribute.Float64("packagedb.read_units", 0.5),
			attribute.Float64("packagedb.write_units", 6),
		}, span.Attributes)

		assert.Equal(t, map[[3]string]float64{
			{"db.client.operation.duration", "CreateUpdateSpec", ""}:   1.5,
			{"packagedb.requests", "CreateUpdateSpec", ""}:             5,
			{"packagedb.retries", "CreateUpdateSpec", ""}:              2,
			{"packagedb.conflicts", "CreateUpdateSpec", ""}:            1,
			{"packagedb.read_units", "CreateUpdateSpec", ""}:           0.5,
			{"packagedb.write_units", "CreateUpdateSpec", ""}:          6,
			{"packagedb.item_collection.size", "CreateUpdateSpec", ""}: 9,
		}, o.points(t))
	})

	t.Run("counts what a Database does", func(t *testing.T) {
		o := newTelemetry(t)
		db := testutil.New(t, packagedb.WithObserver(o.observe))
		_, err := db.CreateUpdateSpec(t.Context(), "sub 1", testutil.Spec(1))
		require.NoError(t, err)
		db.Inject(testutil.Fault{Kind: testutil.Throttle, Operations: []string{"GetItem"}, Times: 2})
		_, err = db.GetSpec(t.Context(), "sub 1", testutil.Spec(1).Name)
		require.NoError(t, err)
		_, err = db.GetSpec(t.Context(), "sub 1", "missing")
		require.ErrorIs(t, err, packagedb.ErrNotFound)

		points := o.points(t)
		assert.InDelta(t, 6, points[[3]string{"packagedb.write_units", "CreateUpdateSpec", ""}], 0)
		assert.InDelta(t, 3, points[[3]string{"packagedb.requests", "GetSpec", ""}], 0)
		assert.InDelta(t, 2, points[[3]string{"packagedb.retries", "GetSpec", ""}], 0)
		assert.InDelta(t, 1, points[[3]string{"packagedb.requests", "GetSpec", "not_found"}], 0)
		spans := o.spans.GetSpans()
		require.Len(t, spans, 3)
		assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "not_found"}, spans[2].Status)
		assert.Contains(t, spans[2].Attributes, attribute.String("error.type", "not_found"))
	})
}

func TestRun(t *testing.T) {
	testutil.CleanSpecsTable(t)
	var output bytes.Buffer
	require.NoError(t, run(t.Context(), &output))
	for _, want := range []string{
		`"Name": "upload"`, `"Name": "CreateUpdateSpec"`, `"Name": "GetSpec"`, `"Description": "not_found"`,
		`"Name": "db.client.operation.duration"`, `"Name": "packagedb.write_units"`,
	} {
		assert.Contains(t, output.String(), want)
	}
}
