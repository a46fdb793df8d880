package testutil

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
)

// signer signs requests for a server that verifies signatures, with what the SDK's default chain finds.
// It follows AWS's rules but was never run against AWS.
type signer struct {
	credentials aws.CredentialsProvider
	region      string
	signer      *v4.Signer
}

// newSigner returns nil where there are no credentials, so that the made-up ones are used.
func newSigner(target *url.URL) (*signer, error) {
	ctx := context.Background()
	configuration, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if configuration.Credentials == nil {
		return nil, nil
	}
	if _, err := configuration.Credentials.Retrieve(ctx); err != nil {
		return nil, nil
	}
	region := configuration.Region
	// The region is in the name of the host: dynamodb.eu-west-1.amazonaws.com.
	if labels := strings.Split(target.Hostname(), "."); strings.HasSuffix(target.Hostname(), ".amazonaws.com") && len(labels) >= 4 {
		region = labels[len(labels)-3]
	}
	return &signer{configuration.Credentials, region, v4.NewSigner()}, nil
}

func (s *signer) sign(request *http.Request, body []byte) error {
	credentials, err := s.credentials.Retrieve(request.Context())
	if err != nil {
		return err
	}
	for name := range request.Header {
		if name == "Authorization" || name == "X-Amz-Date" || name == "X-Amz-Security-Token" {
			request.Header.Del(name)
		}
	}
	hash := sha256.Sum256(body)
	return s.signer.SignHTTP(request.Context(), credentials, request, hex.EncodeToString(hash[:]), "dynamodb", s.region, time.Now())
}
