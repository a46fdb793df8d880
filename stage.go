package packagedb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

const (
	stageVariable       = "STAGE"
	endpointVariable    = "AWS_ENDPOINT_URL_DYNAMODB"
	maxAttemptsVariable = "AWS_MAX_ATTEMPTS"

	stageTest = "TEST"
	stageProd = "PROD"

	testEndpoint = "http://localhost:8000"
)

// testVariables are what the client of STAGE=TEST depends on, and prodVariables are what that of
// STAGE=PROD depends on beside them.
var (
	testVariables = [...]string{stageVariable, endpointVariable, maxAttemptsVariable}
	prodVariables = [...]string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY",
		"AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID", "AWS_ACCOUNT_ID_ENDPOINT_MODE",
		"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE",
		"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_EC2_METADATA_DISABLED",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
		"AWS_RETRY_MODE", "AWS_DEFAULTS_MODE",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		"AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT",
	}
)

// environment holds the values of the variables that a client depends on.
type environment struct {
	test [len(testVariables)]string
	prod [len(prodVariables)]string
}

func readEnvironment() (env environment) {
	for i, variable := range testVariables {
		env.test[i] = os.Getenv(variable)
	}
	if env.test[0] == stageProd {
		for i, variable := range prodVariables {
			env.prod[i] = os.Getenv(variable)
		}
	}
	return env
}

// isCurrent tells whether readEnvironment would return the same. Get spends its time here, and
// comparing in place is cheaper than reading everything and then comparing.
func (env *environment) isCurrent() bool {
	for i, variable := range testVariables {
		if os.Getenv(variable) != env.test[i] {
			return false
		}
	}
	if env.test[0] != stageProd {
		return true
	}
	for i, variable := range prodVariables {
		if os.Getenv(variable) != env.prod[i] {
			return false
		}
	}
	return true
}

// instance is what Get returned last, and for which environment.
type instance struct {
	environment environment
	database    Database
}

var (
	current  atomic.Pointer[instance]
	building sync.Mutex
)

// Get returns the Database for the stage that the environment variable STAGE names:
//
//   - TEST is an engine on this machine, at http://localhost:8000 or where
//     AWS_ENDPOINT_URL_DYNAMODB says. The credentials and the region are made up and nothing of
//     AWS's files or metadata service is read, so that no AWS account is ever reached by accident.
//   - PROD is DynamoDB on AWS. Region, credentials and endpoint come from the SDK's default chain:
//     environment variables, shared files, the metadata service. A missing region is an error.
//   - Anything else is [ErrInvalidStage].
//
// The client tries a throttled or failing request up to 10 times, or AWS_MAX_ATTEMPTS times where
// that is set, with growing, jittered pauses of up to 5 seconds; an attempt that gets no answer
// within 5 seconds has failed. It keeps up to 1,024 idle connections.
//
// Get sends nothing, is cheap enough to be called on every request, and returns the same Database
// as long as the environment is unchanged.
func Get() (Database, error) {
	if last := current.Load(); last != nil && last.environment.isCurrent() {
		return last.database, nil
	}
	building.Lock()
	defer building.Unlock()
	if last := current.Load(); last != nil && last.environment.isCurrent() {
		return last.database, nil
	}
	environment := readEnvironment()
	client, err := newClient(environment.test[0])
	if err != nil {
		return nil, fmt.Errorf("packagedb: get the database: %w", err)
	}
	database := New(client)
	current.Store(&instance{environment, database})
	return database, nil
}

func newClient(stage string) (*dynamodb.Client, error) {
	switch stage {
	case stageTest:
		return newTestClient()
	case stageProd:
		return newProdClient()
	default:
		return nil, fmt.Errorf("%w: %s is %q, it must be %s or %s",
			ErrInvalidStage, stageVariable, stage, stageTest, stageProd)
	}
}

func newTestClient() (*dynamodb.Client, error) {
	endpoint := testEndpoint
	if value := os.Getenv(endpointVariable); value != "" {
		endpoint = value
	}
	if parsed, err := url.Parse(endpoint); err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return nil, fmt.Errorf("%s is %q, it must be a URL such as %s", endpointVariable, endpoint, testEndpoint)
	}
	attempts := defaultMaxAttempts
	if value := os.Getenv(maxAttemptsVariable); value != "" {
		var err error
		if attempts, err = strconv.Atoi(value); err != nil || attempts < 1 {
			return nil, fmt.Errorf("%s is %q, it must be a whole number from 1", maxAttemptsVariable, value)
		}
	}
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:   newHTTPClient(),
		Retryer:      newRetryer(aws.RetryModeStandard, attempts),
	}, thriftily, nameUserAgent), nil
}

func newProdClient() (*dynamodb.Client, error) {
	// Loading reads the environment and files. Credentials are fetched with the first request.
	configuration, err := config.LoadDefaultConfig(context.Background(), config.WithHTTPClient(newHTTPClient()))
	if err != nil {
		return nil, err
	}
	if configuration.Region == "" {
		return nil, errors.New("STAGE=PROD needs a region: set AWS_REGION, or region in the profile")
	}
	attempts := configuration.RetryMaxAttempts
	if attempts == 0 {
		attempts = defaultMaxAttempts
	}
	return dynamodb.NewFromConfig(configuration, func(options *dynamodb.Options) {
		options.Retryer = newRetryer(configuration.RetryMode, attempts)
	}, thriftily, nameUserAgent), nil
}
