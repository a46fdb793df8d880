package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

// BenchmarkClient compares calls with the bare call of the SDK that they make: the same request, ready
// made, and nothing done with the output. The server answers at once with an answer made beforehand,
// so that nearly all of the time is the client's.
func BenchmarkClient(b *testing.B) {
	page := make([]string, 100)
	for i := range page {
		page[i] = specJSON(fmt.Sprintf("spec-%03d", i))
	}
	for _, call := range []struct {
		name, answer string
		packagedb    func(ctx context.Context, db packagedb.Database) error
		sdk          func(ctx context.Context, client *dynamodb.Client) error
	}{
		{"GetSpec", specAnswer("pets"), getSpec, sdkGetItem()},
		{"ListSpecs100", fmt.Sprintf(`{"Items":[%s],"Count":100,"ScannedCount":100}`, strings.Join(page, ",")), listSpecs, sdkQuery()},
	} {
		for _, via := range []string{"loopback", "tcp", "get"} {
			client := sdkClient("http://localhost", func(options *dynamodb.Options) {
				options.HTTPClient = loopback.Client{Handler: canned(call.answer)}
			})
			url := ""
			if via != "loopback" {
				url = newServer(b, canned(call.answer))
				client = sdkClient(url)
			}
			db := packagedb.New(client)
			if via == "get" {
				db = getDatabase(b, url)
			}
			b.Run(fmt.Sprintf("call=%s/via=%s/by=packagedb", call.name, via), func(b *testing.B) {
				repeat(b, func() error { return call.packagedb(b.Context(), db) })
			})
			b.Run(fmt.Sprintf("call=%s/via=%s/by=sdk", call.name, via), func(b *testing.B) {
				repeat(b, func() error { return call.sdk(b.Context(), client) })
			})
			b.Run(fmt.Sprintf("call=%s/via=%s/by=both", call.name, via), func(b *testing.B) {
				inTurn(b,
					func() error { return call.packagedb(b.Context(), db) },
					func() error { return call.sdk(b.Context(), client) })
			})
		}
	}
}

// getDatabase is the database of packagedb.Get for an endpoint.
func getDatabase(b *testing.B, url string) packagedb.Database {
	b.Helper()
	b.Setenv("STAGE", "TEST")
	b.Setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
	db, err := packagedb.Get()
	if err != nil {
		b.Fatal(err)
	}
	return db
}

// BenchmarkGet is packagedb.Get after the first time.
func BenchmarkGet(b *testing.B) {
	for _, stage := range []string{"TEST", "PROD"} {
		b.Run("stage="+stage, func(b *testing.B) {
			b.Setenv("STAGE", stage)
			b.Setenv("AWS_REGION", "eu-west-1")
			repeat(b, func() error {
				_, err := packagedb.Get()
				return err
			})
		})
	}
}

func getSpec(ctx context.Context, db packagedb.Database) error {
	_, err := db.GetSpec(ctx, "sub", "pets")
	return err
}

func listSpecs(ctx context.Context, db packagedb.Database) error {
	list, err := db.ListSpecs(ctx, "sub")
	if err == nil && len(list) != 100 {
		return fmt.Errorf("there are %d specs", len(list))
	}
	return err
}

func sdkGetItem() func(ctx context.Context, client *dynamodb.Client) error {
	input := dynamodb.GetItemInput{
		TableName:      aws.String("package.specs"),
		Key:            map[string]types.AttributeValue{"sub": text("sub"), "updated_at_id": text("latest#pets")},
		ConsistentRead: aws.Bool(false),
	}
	return func(ctx context.Context, client *dynamodb.Client) error {
		_, err := client.GetItem(ctx, &input)
		return err
	}
}

func sdkQuery() func(ctx context.Context, client *dynamodb.Client) error {
	input := dynamodb.QueryInput{
		TableName:                 aws.String("package.specs"),
		KeyConditionExpression:    aws.String("#sub = :sub AND begins_with(updated_at_id, :latest)"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":sub": text("sub"), ":latest": text("latest#")},
		ConsistentRead:            aws.Bool(false),
	}
	return func(ctx context.Context, client *dynamodb.Client) error {
		_, err := client.Query(ctx, &input)
		return err
	}
}

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
