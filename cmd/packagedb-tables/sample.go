package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

const sampleSize = 25

// sampleCredentials prints which form the hashes of the first credentials have, and what follows for
// packagedb.WithPythonFacade. It prints none of them.
func sampleCredentials(ctx context.Context, client dynamodb.ScanAPIClient, table string, stdout io.Writer) {
	page, err := client.Scan(ctx, &dynamodb.ScanInput{
		TableName: &table, Limit: aws.Int32(sampleSize), ProjectionExpression: aws.String("secret_key_hash, salt"),
	})
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		fmt.Fprintln(stdout, "credentials: not sampled:", err)
	case err != nil: // any other error may quote a response with hashes
		fmt.Fprintln(stdout, "credentials: not sampled: no usable response")
	case len(page.Items) == 0:
		fmt.Fprintln(stdout, "credentials: none stored")
	default:
		var s sample
		for _, item := range page.Items {
			s.add(bytesOf(item["secret_key_hash"]), bytesOf(item["salt"]))
		}
		fmt.Fprintf(stdout, "credentials: %d sampled; of the hashes, %d are hex text, %d are base64 text "+
			"and %d are neither\n%s\n", len(page.Items), s.hex, s.base64, s.neither, s.conclusion())
	}
}

// sample counts credentials by the form of their hashes.
type sample struct {
	hex, base64, neither int
	notPython            int // credentials that the Python facade cannot have written
}

// add counts credentials. Hex text of the usual lengths is also legal base64, so it is recognized first.
func (s *sample) add(hash, salt []byte) {
	switch {
	case isHex(hash):
		s.hex++
	case isBase64(hash):
		s.base64++
	default:
		s.neither++
	}
	if !isBase64(hash) || !isBase64(salt) {
		s.notPython++
	}
}

// conclusion says whether the service needs packagedb.WithPythonFacade, as far as the forms show.
func (s *sample) conclusion() string {
	const without = "do not use packagedb.WithPythonFacade, with which GetUser would return other hashes"
	mayBePython := s.hex + s.base64 + s.neither - s.notPython
	switch {
	case mayBePython == 0:
		return "The Python facade did not write them, which stores hashes and salts as base64 text: " + without + "."
	case s.notPython > 0:
		return fmt.Sprintf("The Python facade, which stores hashes and salts as base64 text, did not write %d of them.\n"+
			"If it did not write the other %d either, %s.\n"+
			"If it did, no setting reads both.", s.notPython, mayBePython, without)
	case s.hex > 0:
		return "Hex text is hardly what the Python facade stores, but may be read as its base64 text.\n" +
			"If your services hash to hex text, " + without + ".\n" +
			"If the Python facade wrote these credentials, use it."
	default:
		return "The Python facade stores hashes and salts as base64 text.\n" +
			"If it wrote these credentials, use packagedb.WithPythonFacade, without which no user can sign in.\n" +
			"If your services hash to base64 text, " + without + "."
	}
}

// bytesOf returns a binary attribute, or nil.
func bytesOf(value types.AttributeValue) []byte {
	if binary, ok := value.(*types.AttributeValueMemberB); ok {
		return binary.Value
	}
	return nil
}

func isHex(data []byte) bool {
	_, err := hex.DecodeString(string(data))
	return err == nil && len(data) > 0
}

func isBase64(data []byte) bool {
	_, err := base64.StdEncoding.Strict().DecodeString(string(data))
	return err == nil && len(data) > 0
}
