package testutil

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
)

// signer signs requests for a server that verifies signatures, in place of the client, whose credentials
// are made up and who signs other names of tables. It follows AWS's rules but was never tried on AWS.
type signer struct {
	credentials aws.CredentialsProvider
	region      string
	signer      *v4.Signer
}

// defaultChain is what the SDK finds in the environment, shared files or the metadata service. Where it
// finds no credentials, there are none in it.
var defaultChain = sync.OnceValues(func() (aws.Config, error) {
	ctx := context.Background()
	configuration, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return aws.Config{}, err
	}
	if _, missing := configuration.Credentials.Retrieve(ctx); missing != nil {
		configuration.Credentials = nil
	}
	return configuration, nil
})

// newSigner returns nil where there are no credentials: the made-up ones must do then.
func newSigner(host string, configuration aws.Config) *signer {
	if configuration.Credentials == nil {
		return nil
	}
	region := configuration.Region
	if labels := strings.Split(host, "."); len(labels) > 1 && strings.HasSuffix(host, ".amazonaws.com") {
		region = labels[1] // as in dynamodb.eu-west-1.amazonaws.com
	}
	return &signer{configuration.Credentials, region, v4.NewSigner()}
}

func (s *signer) sign(request *http.Request, body []byte) error {
	credentials, err := s.credentials.Retrieve(request.Context())
	if err != nil {
		return err
	}
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"} {
		request.Header.Del(name)
	}
	hash := sha256.Sum256(body)
	return s.signer.SignHTTP(request.Context(), credentials, request, hex.EncodeToString(hash[:]), "dynamodb", s.region, time.Now())
}
