package bench

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

// The contenders write every pattern their own way, over the same client.
var contenders = []struct {
	name     string
	patterns func(client *dynamodb.Client) map[string]func(ctx context.Context) error
}{
	{"packagedb", func(client *dynamodb.Client) map[string]func(ctx context.Context) error {
		clock := seconds()
		db := packagedb.New(client, packagedb.WithClock(func() time.Time { return time.Unix(clock(), 0) }))
		return map[string]func(ctx context.Context) error{
			"CreateUpdateSpec":        func(ctx context.Context) error { return db.CreateUpdateSpec(ctx, "sub", newSpec) },
			"GetSpec":                 func(ctx context.Context) error { return failed(db.GetSpec(ctx, "sub", "pets")) },
			"ListSpecs":               func(ctx context.Context) error { return failed(db.ListSpecs(ctx, "sub")) },
			"CountCustomerModels":     func(ctx context.Context) error { return failed(db.CountCustomerModels(ctx, "sub")) },
			"ListSpecVersions":        func(ctx context.Context) error { return failed(db.ListSpecVersions(ctx, "sub", "pets")) },
			"DeleteAllSpecs":          func(ctx context.Context) error { return db.DeleteAllSpecs(ctx, "sub") },
			"CreateUpdateCredentials": func(ctx context.Context) error { return db.CreateUpdateCredentials(ctx, "sub", newCredentials) },
			"GetUser":                 func(ctx context.Context) error { return failed(db.GetUser(ctx, "public key")) },
		}
	}},
	{"hand", func(client *dynamodb.Client) map[string]func(ctx context.Context) error {
		return written(&byHand{client: client})
	}},
	{"guregu", func(client *dynamodb.Client) map[string]func(ctx context.Context) error {
		return written(newGuregu(client))
	}},
}

// writtenOut is what was written for this comparison.
type writtenOut interface {
	CreateUpdateSpec(ctx context.Context, sub string, spec packagedb.SpecInput, second int64) error
	GetSpec(ctx context.Context, sub, name string) (*record, error)
	ListSpecs(ctx context.Context, sub string) ([]record, error)
	CountCustomerModels(ctx context.Context, sub string) (int, error)
	ListSpecVersions(ctx context.Context, sub, name string) ([]record, error)
	DeleteAllSpecs(ctx context.Context, sub string) error
	CreateUpdateCredentials(ctx context.Context, sub string, credentials packagedb.CredentialsInput) error
	GetUser(ctx context.Context, publicKey string) (*secret, error)
}

func written(db writtenOut) map[string]func(ctx context.Context) error {
	clock := seconds()
	return map[string]func(ctx context.Context) error{
		"CreateUpdateSpec":        func(ctx context.Context) error { return db.CreateUpdateSpec(ctx, "sub", newSpec, clock()) },
		"GetSpec":                 func(ctx context.Context) error { return failed(db.GetSpec(ctx, "sub", "pets")) },
		"ListSpecs":               func(ctx context.Context) error { return failed(db.ListSpecs(ctx, "sub")) },
		"CountCustomerModels":     func(ctx context.Context) error { return failed(db.CountCustomerModels(ctx, "sub")) },
		"ListSpecVersions":        func(ctx context.Context) error { return failed(db.ListSpecVersions(ctx, "sub", "pets")) },
		"DeleteAllSpecs":          func(ctx context.Context) error { return db.DeleteAllSpecs(ctx, "sub") },
		"CreateUpdateCredentials": func(ctx context.Context) error { return db.CreateUpdateCredentials(ctx, "sub", newCredentials) },
		"GetUser":                 func(ctx context.Context) error { return failed(db.GetUser(ctx, "public key")) },
	}
}

func failed[T any](_ T, err error) error { return err }

var (
	newSpec = packagedb.SpecInput{
		Name: "pets", Version: "1.0.0", ModelCount: 7, Title: "A title of some length",
		Description: "A description that is somewhat longer than the title, as descriptions are",
	}
	newCredentials = packagedb.CredentialsInput{
		ID: "id", PublicKey: "public key", SecretKeyHash: []byte("secret key hash"), Salt: []byte("salt"),
	}
)

// seconds is a clock that moves on by one with each look.
func seconds() func() int64 {
	second := int64(1_700_000_000)
	return func() int64 {
		second++
		return second
	}
}

// patternClient is a client of DynamoDB Local, or of an embedded engine, with both tables.
func patternClient(b *testing.B) (*dynamodb.Client, *meter) {
	b.Helper()
	meter := &meter{next: loopback.Client{Handler: engine.New()}}
	endpoint := os.Getenv(localVariable)
	if endpoint != "" {
		meter.next = awshttp.NewBuildableClient()
	}
	client := sdkClient(cmp.Or(endpoint, "http://localhost"), func(options *dynamodb.Options) { options.HTTPClient = meter })
	createTables(b, client)
	return client, meter
}

// BenchmarkPattern compares patterns with the same ones written by hand and with another library, on
// DynamoDB Local, or without that on the embedded engine. The processor time is the client's in the
// former case.
func BenchmarkPattern(b *testing.B) {
	latest := make([]item, 51)
	for i := range latest {
		latest[i] = specItem("sub", fmt.Sprintf("spec-%03d", i), 0)
	}
	for _, pattern := range []struct {
		name   string
		stored []item
		again  bool // what is stored has to be stored again for each call
	}{
		{name: "CreateUpdateSpec"},
		{name: "GetSpec", stored: history("sub", 5)},
		{name: "ListSpecs", stored: latest},
		{name: "CountCustomerModels", stored: latest},
		{name: "ListSpecVersions", stored: history("sub", 5)},
		{name: "DeleteAllSpecs", stored: history("sub", 247), again: true},
		{name: "CreateUpdateCredentials"},
		{name: "GetUser"},
	} {
		for _, contender := range contenders {
			b.Run(fmt.Sprintf("pattern=%s/by=%s", pattern.name, contender.name), func(b *testing.B) {
				if contender.name == "guregu" && os.Getenv(localVariable) == "" {
					b.Skip("the embedded engine has none of the legacy parameters that guregu/dynamo uses")
				}
				client, meter := patternClient(b)
				patterns := contender.patterns(client)
				if err := patterns["CreateUpdateCredentials"](b.Context()); err != nil {
					b.Fatal(err)
				}
				fill(b, client, pattern.stored)
				call := patterns[pattern.name]

				meter.start()
				if err := call(b.Context()); err != nil {
					b.Fatal(err)
				}
				meter.stop()

				var used time.Duration
				b.ReportAllocs()
				for b.Loop() {
					if pattern.again {
						b.StopTimer()
						fill(b, client, pattern.stored)
						b.StartTimer()
					}
					started := processorTime(b)
					if err := call(b.Context()); err != nil {
						b.Fatal(err)
					}
					used += processorTime(b) - started
				}
				b.ReportMetric(float64(used)/float64(b.N), "cpu-ns/op")
				b.ReportMetric(float64(meter.requests), "requests/op")
				b.ReportMetric(meter.units, "units/op")
				b.ReportMetric(float64(meter.bytes), "answer-B/op")
			})
		}
	}
}
