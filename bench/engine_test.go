package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// engines are the embedded engine and those that it is compared with, each reached over TCP by the
// same client.
var engines = []struct{ name, variable string }{
	{"embedded", ""},
	{"dynalite", dynaliteVariable},
	{"dynamodb-local", localVariable},
}

// BenchmarkEngine sends the same requests to every engine.
func BenchmarkEngine(b *testing.B) {
	for _, operation := range []struct {
		name string
		call func(ctx context.Context, client *dynamodb.Client, turn int) error
	}{
		{"PutItem", putItem},
		{"GetItem", getItem},
		{"Query100", query100},
		{"TransactWriteItems", transact},
	} {
		for _, e := range engines {
			b.Run(fmt.Sprintf("operation=%s/engine=%s", operation.name, e.name), func(b *testing.B) {
				if operation.name == "TransactWriteItems" && e.name == "dynalite" {
					b.Skip("dynalite has no transactions")
				}
				client := clientOf(b, e.name, e.variable)
				fill(b, client, history("sub", 100))
				turn := 0
				repeat(b, func() error {
					turn++
					return operation.call(b.Context(), client, turn)
				})
			})
		}
	}
}

// clientOf is a client of an engine with both tables.
func clientOf(b *testing.B, name, variable string) *dynamodb.Client {
	b.Helper()
	endpoint := os.Getenv(variable)
	switch {
	case name == "embedded":
		endpoint = newServer(b, engine.New())
	case endpoint == "":
		b.Skip(variable + " is not set")
	}
	client := sdkClient(endpoint)
	createTables(b, client)
	return client
}

func putItem(ctx context.Context, client *dynamodb.Client, turn int) error {
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(specsTable), Item: specItem("sub", "dogs", turn)})
	return err
}

func getItem(ctx context.Context, client *dynamodb.Client, _ int) error {
	_, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(specsTable), Key: item{"sub": text("sub"), "updated_at_id": text("latest#pets")},
	})
	return err
}

func query100(ctx context.Context, client *dynamodb.Client, _ int) error {
	_, err := client.Query(ctx, &dynamodb.QueryInput{
		TableName:                 aws.String(specsTable),
		KeyConditionExpression:    aws.String("#sub = :sub"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: item{":sub": text("sub")},
	})
	return err
}

func transact(ctx context.Context, client *dynamodb.Client, turn int) error {
	put := func(version int) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{
			TableName: aws.String(specsTable), Item: specItem("sub", "dogs", version),
			ConditionExpression:       aws.String("attribute_not_exists(updated_at_id) OR version = :version"),
			ExpressionAttributeValues: item{":version": text("1.0.0")},
		}}
	}
	_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{put(turn), put(0)},
	})
	return err
}

// BenchmarkEngineStart starts an engine up to its first answer. The other engines are started by
// test/engines/run, which looks for the answer ten times a second.
func BenchmarkEngineStart(b *testing.B) {
	for _, e := range engines {
		b.Run("engine="+e.name, func(b *testing.B) {
			if e.name != "embedded" && os.Getenv(e.variable) == "" {
				b.Skip(e.variable + " is not set")
			}
			for b.Loop() {
				if e.name == "embedded" {
					startEmbedded(b)
				} else {
					startOther(b, e.name)
				}
			}
		})
	}
}

func startEmbedded(b *testing.B) {
	b.Helper()
	client := sdkClient(newServer(b, engine.New()))
	if _, err := client.ListTables(b.Context(), &dynamodb.ListTablesInput{}); err != nil {
		b.Fatal(err)
	}
}

func startOther(b *testing.B, name string) {
	b.Helper()
	command := exec.CommandContext(b.Context(), "../test/engines/run", name, "--", "echo", "ready")
	output, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	_, err = output.Read(make([]byte, 1))
	b.StopTimer()
	if err != nil {
		b.Error(err)
	}
	if err := command.Wait(); err != nil {
		b.Error(err)
	}
	b.StartTimer()
}
