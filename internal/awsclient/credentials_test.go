package awsclient

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// missing is a provider without credentials.
type missing struct{ asked int }

func (m *missing) Retrieve(context.Context) (aws.Credentials, error) {
	m.asked++
	// The SDK retries this error of a request to DynamoDB.
	return aws.Credentials{}, &smithyhttp.RequestSendError{Err: errors.New("no metadata service")}
}

func TestConfigure_MissingCredentials(t *testing.T) {
	provider := new(missing)
	client := newDynamoDB("http://localhost:8000", longLimits(), func(options *dynamodb.Options) {
		options.Credentials = provider
	})
	_, err := listTables(t, client)
	var cause *smithyhttp.RequestSendError
	require.ErrorAs(t, err, &cause)
	assert.Equal(t, 1, provider.asked)
}

// silentService is an HTTP client of a service that does not respond.
type silentService struct{ asked atomic.Int32 }

func (s *silentService) Do(request *http.Request) (*http.Response, error) {
	s.asked.Add(1)
	<-request.Context().Done()
	return nil, request.Context().Err()
}

// TestConfigure_SilentCredentials runs in bubbles, which no goroutine may outlive.
func TestConfigure_SilentCredentials(t *testing.T) {
	start := func(service *silentService) *dynamodb.Client {
		provider := endpointcreds.New("http://169.254.170.2/", func(options *endpointcreds.Options) {
			options.HTTPClient = service
			options.APIOptions = []func(*middleware.Stack) error{BoundCredentials}
		})
		return newDynamoDB("http://localhost:8000", defaultLimits(), func(options *dynamodb.Options) {
			options.Credentials = aws.NewCredentialsCache(provider)
		})
	}
	t.Run("no goroutine is left after the limit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			service := new(silentService)
			started := time.Now()
			_, err := listTables(t, start(service))
			require.ErrorContains(t, err, "fetching credentials timed out")
			assert.NotErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 30*time.Second, time.Since(started))
			assert.EqualValues(t, 1, service.asked.Load())
		})
	})
	t.Run("the caller's deadline leaves the fetch to other callers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			service := new(silentService)
			client := start(service)
			for range 3 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				_, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.NotContains(t, err.Error(), "fetching credentials timed out")
				cancel()
			}
			assert.EqualValues(t, 1, service.asked.Load())
			<-time.After(27 * time.Second) // until 30 seconds after it started
		})
	})
}
