package main

import (
	"bytes"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

func TestEveryRequestIsASpanUnderThatOfTheCall(t *testing.T) {
	server := testutil.SpecsTable(t)
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	db := Traced(aws.Config{
		BaseEndpoint: aws.String(server.URL),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}, provider)

	ctx, span := provider.Tracer("test").Start(t.Context(), "call")
	if _, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "pets", Version: "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.GetSpec(ctx, "sub", "pets"); err != nil {
		t.Fatal(err)
	}
	span.End()

	want := []string{"DynamoDB.TransactWriteItems", "DynamoDB.GetItem", "call"}
	spans := exporter.GetSpans()
	var names []string
	for _, child := range spans {
		names = append(names, child.Name)
		if child.Name != "call" && child.Parent.SpanID() != span.SpanContext().SpanID() {
			t.Errorf("%s is not a child of the call", child.Name)
		}
	}
	if !slices.Equal(names, want) {
		t.Fatalf("the spans are %q, want %q", names, want)
	}
	if table := attribute.StringSlice("aws.dynamodb.table_names", []string{"package.specs"}); !slices.Contains(spans[1].Attributes, table) {
		t.Errorf("the attributes of GetItem are %v, want %v among them", spans[1].Attributes, table)
	}
}

func TestTheExampleRuns(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", testutil.SpecsTable(t).URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	var output bytes.Buffer
	if err := run(t.Context(), &output); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Name":"DynamoDB.Query"`, "models: 0\n"} {
		if !bytes.Contains(output.Bytes(), []byte(want)) {
			t.Errorf("the output lacks %s:\n%s", want, &output)
		}
	}
}
