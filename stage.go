package packagedb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
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

// environment has the environment variables that, once changed, make Get build another client. What
// else the SDK reads from the environment, it reads when the client is built.
type environment struct {
	stage       string // STAGE
	endpoint    string // AWS_ENDPOINT_URL_DYNAMODB
	maxAttempts string // AWS_MAX_ATTEMPTS
	region      string // AWS_REGION
	profile     string // AWS_PROFILE
}

func readEnvironment() environment {
	return environment{
		stage:       os.Getenv(stageVariable),
		endpoint:    os.Getenv(endpointVariable),
		maxAttempts: os.Getenv(maxAttemptsVariable),
		region:      os.Getenv("AWS_REGION"),
		profile:     os.Getenv("AWS_PROFILE"),
	}
}

// instance is the client for an environment, and the Database that Get returns without options.
type instance struct {
	environment environment
	client      *dynamodb.Client
	database    Database
}

// current is the instance in use.
var current atomic.Pointer[instance]

// Get returns the Database for the stage that the environment variable STAGE names:
//
//   - TEST is a server on this machine, at http://localhost:8000 or where AWS_ENDPOINT_URL_DYNAMODB
//     says. The credentials and the region are made up, nothing of AWS's files or metadata service is
//     read, and an endpoint of AWS is an error, so that no AWS account is ever reached by accident. So is
//     a host name of other than ASCII letters, digits, ., - and _, which might be looked up as one of
//     AWS's. A refused connection is not retried.
//   - PROD is DynamoDB on AWS. Region, credentials and endpoint come from the SDK's default chain:
//     environment variables, shared files, the metadata service. A missing region is an error.
//     Credentials that cannot be found are an error of each call, which is not retried.
//   - Anything else is [ErrInvalidStage].
//
// The client is the one that [ClientOptions] describes. AWS_MAX_ATTEMPTS, a positive integer, sets
// how many times it tries a request.
//
// Get sends nothing and is cheap enough to be called on every request. Without options it returns the
// same Database while STAGE, AWS_ENDPOINT_URL_DYNAMODB, AWS_MAX_ATTEMPTS, AWS_REGION and AWS_PROFILE
// are unchanged; with options, another Database over the same client. What else the SDK reads from the
// environment, it reads when the client is made.
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

// GetClient returns the client of [Get], for tables of the service's own and for [CheckTables]. It returns
// the same client as long as Get returns the same Database, and the same errors.
func GetClient() (*dynamodb.Client, error) {
	last, err := currentInstance()
	if err != nil {
		return nil, fmt.Errorf("packagedb: get the client: %w", err)
	}
	return last.client, nil
}

// currentInstance returns the instance for the current environment, and builds it if necessary.
// Building may read files and takes no lock: concurrent callers build several, one of which is
// kept.
func currentInstance() (*instance, error) {
	for {
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
}

func newClient(env environment) (*dynamodb.Client, error) {
	if env.stage != stageTest && env.stage != stageProd {
		return nil, fmt.Errorf("%w: %s is %q, it must be %s or %s; testutil.Main sets it for tests",
			ErrInvalidStage, stageVariable, env.stage, stageTest, stageProd)
	}
	attempts := 0
	if value := env.maxAttempts; value != "" {
		var err error
		if attempts, err = strconv.Atoi(value); err != nil || attempts < 1 {
			return nil, fmt.Errorf("%s is %q, it must be a positive integer", maxAttemptsVariable, value)
		}
	}
	if env.stage == stageProd {
		return newProdClient()
	}
	return newTestClient(env.endpoint, attempts)
}

func newTestClient(endpoint string, attempts int) (*dynamodb.Client, error) {
	if endpoint == "" {
		endpoint = testEndpoint
	}
	parsed, err := url.Parse(endpoint)
	switch {
	case err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "":
		return nil, fmt.Errorf("%s is %q, it must be a URL such as %s", endpointVariable, endpoint, testEndpoint)
	case !isPlainHost(parsed.Hostname()):
		return nil, fmt.Errorf("the host in %s is %q, it must be an IP address, or a name of ASCII letters, digits, "+
			"., - and _", endpointVariable, parsed.Hostname())
	case isAWSHost(parsed.Hostname()):
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
	}, addUserAgent), nil
}

// isPlainHost reports whether the host is looked up as it is written, but for case. net/http converts what
// other names consist of, such as fullwidth letters and dots, to ASCII.
func isPlainHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".-_", r))
	})
}

// awsDomains are the domains of AWS's endpoints, one line for each partition: the public one, China, the
// European sovereign cloud, and the isolated ones.
var awsDomains = []string{
	".amazonaws.com", ".api.aws",
	".amazonaws.com.cn", ".amazonwebservices.com.cn",
	".amazonaws.eu", ".amazonwebservices.eu",
	".ic.gov", ".sgov.gov", ".api.aws.scloud", ".adc-e.uk",
}

// isAWSHost reports whether the host is in one of AWS's domains.
func isAWSHost(host string) bool {
	host = "." + strings.ToLower(strings.TrimRight(host, "."))
	for _, domain := range awsDomains {
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
		options.APIOptions = append(options.APIOptions, awsclient.BoundCredentials)
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
