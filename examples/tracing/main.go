// Tracing makes a packagedb.Database whose requests to DynamoDB are spans of OpenTelemetry.
//
//	go run .
//
// It needs AWS credentials and a region: those of the AWS SDK's default chain. The spans are written to
// standard output; a service hands its own TracerProvider to [Traced] instead.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws" //nolint:staticcheck // deprecated for want of an owner, and working
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/open-alchemy/packagedb"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, output io.Writer) error {
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(output))
	if err != nil {
		return err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	defer func() { _ = provider.Shutdown(context.WithoutCancel(ctx)) }()

	configuration, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	db := Traced(configuration, provider)

	ctx, span := provider.Tracer("example").Start(ctx, "count the models")
	defer span.End()
	count, err := db.CountCustomerModels(ctx, "sub")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(output, "models:", count)
	return err
}

// Traced returns a database whose requests are spans of the provider, children of the span in the
// context of the call. Each names the operation and the table.
func Traced(configuration aws.Config, provider trace.TracerProvider, options ...packagedb.Option) packagedb.Database {
	otelaws.AppendMiddlewares(&configuration.APIOptions,
		otelaws.WithTracerProvider(provider),
		otelaws.WithAttributeBuilder(otelaws.DynamoDBAttributeBuilder))
	return packagedb.New(dynamodb.NewFromConfig(configuration), options...)
}
