package packagedb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb/internal/awsclient"
)

const (
	stageVariable       = "STAGE"
	endpointVariable    = "AWS_ENDPOINT_URL_DYNAMODB"
	maxAttemptsVariable = "AWS_MAX_ATTEMPTS"

	stageTest = "TEST"
	stageProd = "PROD"

	testEndpoint = "http://localhost:8000"
	startServer  = "start a server with go run github.com/open-alchemy/packagedb/cmd/packagedb-local@latest"
)

// The client of STAGE=TEST depends on testVariables, that of STAGE=PROD on prodVariables as well.
var (
	testVariables = [...]string{stageVariable, endpointVariable, maxAttemptsVariable}
	prodVariables = [...]string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY",
		"AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID", "AWS_ACCOUNT_ID_ENDPOINT_MODE",
		"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "HOME", "AWS_CA_BUNDLE",
		"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_LOGIN_CACHE_DIRECTORY",
		containerURIVariable, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_V1_DISABLED",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
		"AWS_RETRY_MODE", "AWS_NEW_RETRIES_2026", "AWS_ENABLE_DEFAULT_SOCKET_TIMEOUT_2026",
		"AWS_DEFAULTS_MODE", "AWS_EXECUTION_ENV", "AWS_RESTRICT_FILE_PERMISSIONS",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC",
		"AWS_ENDPOINT_URL_SIGNIN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ENABLE_ENDPOINT_DISCOVERY",
		"AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT",
		"AWS_AUTH_SCHEME_PREFERENCE", "AWS_DISABLE_CLOCK_SKEW_CORRECTION", "AWS_SDK_UA_APP_ID",
	}
)

// environment holds the values of the variables that a client depends on.
type environment struct {
	test [len(testVariables)]string
	prod [len(prodVariables)]string
}

func readEnvironment() (env environment) {
	for i, variable := range &testVariables {
		env.test[i] = os.Getenv(variable)
	}
	if env.stage() == stageProd {
		for i, variable := range &prodVariables {
			env.prod[i] = os.Getenv(variable)
		}
	}
	return env
}

func (env *environment) stage() string       { return env.test[0] }
func (env *environment) endpoint() string    { return env.test[1] }
func (env *environment) maxAttempts() string { return env.test[2] }

// instance is the client for an environment, and the Database that Get returns without options.
type instance struct {
	environment environment
	client      *dynamodb.Client
	database    Database
}

// current is the newest instance.
var current atomic.Pointer[instance]

// Get returns the Database for the stage that the environment variable STAGE names:
//
//   - TEST is a server on this machine, at http://localhost:8000 or where AWS_ENDPOINT_URL_DYNAMODB
//     says. The credentials and the region are made up, nothing of AWS's files or metadata service is
//     read, and an endpoint of AWS is an error, so that no AWS account is ever reached by accident. A
//     refused connection is not retried.
//   - PROD is DynamoDB on AWS. Region, credentials and endpoint come from the SDK's default chain:
//     environment variables, shared files, the metadata service. A missing region is an error.
//     Credentials that cannot be found are an error of each call, which is not retried.
//   - Anything else is [ErrInvalidStage].
//
// The client is the one that [ClientOptions] describes. AWS_MAX_ATTEMPTS, a positive integer, sets
// how many times it tries a request.
//
// Get sends nothing and is cheap enough to be called on every request. Without options it returns the
// same Database as long as the environment is unchanged; with options, another Database over the same
// client.
func Get(options ...Option) (Database, error) {
	last, err := currentInstance()
	switch {
	case err != nil:
		return nil, fmt.Errorf("packagedb: get the database: %w", err)
	case len(options) > 0:
		return New(last.client, options...), nil
	}
	return last.database, nil
}

// maxBuilds bounds how many times Get starts again because the environment has changed.
const maxBuilds = 100

// currentInstance returns the instance for the current environment, and builds it if necessary.
// Building may read files and takes no lock: concurrent callers build several, one of which is
// kept.
func currentInstance() (*instance, error) {
	for range maxBuilds {
		env := readEnvironment()
		last := current.Load()
		if last != nil && last.environment == env {
			return last, nil
		}
		client, err := newClient(env)
		if readEnvironment() != env { // the client or the error may mix both environments
			continue
		}
		if err != nil {
			return nil, err
		}
		next := &instance{env, client, New(client)}
		if current.CompareAndSwap(last, next) {
			if last != nil {
				last.client.Options().HTTPClient.(*awsclient.Client).CloseIdleConnections()
			}
			return next, nil
		}
	}
	return nil, fmt.Errorf("environment changed %d times while its client was built", maxBuilds)
}

func newClient(env environment) (*dynamodb.Client, error) {
	stage := env.stage()
	if stage != stageTest && stage != stageProd {
		return nil, fmt.Errorf("%w: %s is %q, it must be %s or %s; testutil.Main sets it for tests",
			ErrInvalidStage, stageVariable, stage, stageTest, stageProd)
	}
	attempts := 0
	if value := env.maxAttempts(); value != "" {
		var err error
		if attempts, err = strconv.Atoi(value); err != nil || attempts < 1 {
			return nil, fmt.Errorf("%s is %q, it must be a whole number from 1", maxAttemptsVariable, value)
		}
	}
	if stage == stageProd {
		return newProdClient()
	}
	return newTestClient(env.endpoint(), attempts)
}

func newTestClient(endpoint string, attempts int) (*dynamodb.Client, error) {
	if endpoint == "" {
		endpoint = testEndpoint
	}
	parsed, err := url.Parse(endpoint)
	switch {
	case err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "":
		return nil, fmt.Errorf("%s is %q, it must be a URL such as %s", endpointVariable, endpoint, testEndpoint)
	case ofAWS(parsed.Hostname()):
		return nil, fmt.Errorf("%s is an endpoint of AWS, %q, which %s=%s does not use",
			endpointVariable, parsed.Hostname(), stageVariable, stageTest)
	}
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint:     &endpoint,
		Region:           "us-east-1",
		Credentials:      credentials.NewStaticCredentialsProvider("test", "test", ""),
		RetryMaxAttempts: attempts,
	}, func(options *dynamodb.Options) {
		awsclient.Configure(options, startServer)
	}, nameUserAgent), nil
}

// ofAWS reports whether the host is in one of the domains of AWS's public endpoints.
func ofAWS(host string) bool {
	host = "." + strings.ToLower(strings.TrimRight(host, "."))
	for _, domain := range []string{
		".amazonaws.com", ".api.aws", ".amazonaws.com.cn", ".api.amazonwebservices.com.cn",
		".amazonaws.eu", ".api.amazonwebservices.eu",
	} {
		if strings.HasSuffix(host, domain) {
			return true
		}
	}
	return false
}

func newProdClient() (*dynamodb.Client, error) {
	if err := checkContainerURI(os.Getenv(containerURIVariable)); err != nil {
		return nil, err
	}
	// Loading reads the environment and files. Credentials are fetched with the first request.
	configuration, err := config.LoadDefaultConfig(context.Background(), func(options *config.LoadOptions) error {
		// AWS_DEFAULTS_MODE=auto asks the metadata service, unless its client is disabled.
		options.DefaultsModeOptions.IMDSClient = imds.New(imds.Options{ClientEnableState: imds.ClientDisabled})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if configuration.Region == "" {
		return nil, errors.New("STAGE=PROD needs a region: set AWS_REGION, or region in the profile")
	}
	return dynamodb.NewFromConfig(configuration, ClientOptions), nil
}

const containerURIVariable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

// checkContainerURI returns an error if the SDK would look up the host of the URI while it loads
// its configuration, which it does for HTTP only.
func checkContainerURI(uri string) error {
	if parsed, err := url.Parse(uri); err == nil && parsed.Scheme == "http" {
		if host := parsed.Hostname(); host != "localhost" && net.ParseIP(host) == nil {
			return fmt.Errorf("the host in %s is %q, it must be localhost or an IP address", containerURIVariable, host)
		}
	}
	return nil
}

// ClientOptions gives a DynamoDB client the settings of the client of [Get], as in
//
//	client := dynamodb.NewFromConfig(configuration, packagedb.ClientOptions)
//
// They cover:
//
//   - attempts: a request that is throttled, fails at the server or gets no usable answer is tried up to
//     10 times, or RetryMaxAttempts times if that is set, with growing, jittered pauses of up to 5
//     seconds and without the SDK's quota of retries. RetryMode stays; a Retryer is replaced. Credentials
//     that cannot be found end the call at once.
//   - time: connecting takes up to 5 seconds, so does the TLS handshake, and so does waiting for an
//     answer to begin. An attempt takes up to 30 seconds in all. After an attempt without an answer the
//     idle connections are closed, so that the next one connects afresh.
//   - connections: up to 1,024 idle ones are kept for each host, over HTTP/1.1.
//   - answers: they are read whole, up to 32 MiB. An answer that is shorter than its Content-Length, does
//     not match its X-Amz-Crc32, or is a redirect, and a success without a JSON object as its body, count
//     as failed attempts.
//
// An HTTP client of the SDK's, an [awshttp.BuildableClient], is copied and keeps its other settings and
// its shorter timeouts. Any other HTTP client stays as it is: its answers are checked, and its attempts
// take up to 30 seconds.
//
// [awshttp.BuildableClient]: https://pkg.go.dev/github.com/aws/aws-sdk-go-v2/aws/transport/http#BuildableClient
func ClientOptions(options *dynamodb.Options) {
	awsclient.Configure(options, "")
	nameUserAgent(options)
}
