package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const sampleSize = 25

// sampleCredentials prints the form of the hashes and salts of the first credentials. Credentials
// have Python's form if their hash and salt are both base64 text.
func sampleCredentials(ctx context.Context, client dynamodb.ScanAPIClient, table string, stdout io.Writer) {
	page, err := client.Scan(ctx, &dynamodb.ScanInput{
		TableName: &table, Limit: aws.Int32(sampleSize), ProjectionExpression: aws.String("secret_key_hash, salt"),
	})
	if err != nil {
		fmt.Fprintln(stdout, "credentials: not sampled:", err)
		return
	}
	python := 0
	for _, item := range page.Items {
		if isBase64(item["secret_key_hash"]) && isBase64(item["salt"]) {
			python++
		}
	}
	sampled := fmt.Sprintf("credentials: %d sampled: ", len(page.Items))
	switch {
	case len(page.Items) == 0:
		fmt.Fprintln(stdout, "credentials: none stored")
	case python == 0:
		fmt.Fprintln(stdout, sampled+"all hold raw bytes")
	case python == len(page.Items):
		fmt.Fprintln(stdout, sampled+"all hold base64 text, the form of the Python facade: use packagedb.WithPythonFacade")
	default:
		fmt.Fprintf(stdout, "%s%d hold base64 text, the form of the Python facade, and %d hold raw bytes: "+
			"no setting reads both\n", sampled, python, len(page.Items)-python)
	}
}

func isBase64(value types.AttributeValue) bool {
	data, ok := value.(*types.AttributeValueMemberB)
	if !ok || len(data.Value) == 0 {
		return false
	}
	_, err := base64.StdEncoding.Strict().DecodeString(string(data.Value))
	return err == nil
}
