package packagedb

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// clientOfGet returns the options of the client that Get builds.
func clientOfGet(t *testing.T, variables map[string]string) dynamodb.Options {
	t.Helper()
	for _, variable := range append(testVariables[:], prodVariables[:]...) {
		t.Setenv(variable, variables[variable])
	}
	t.Setenv("HOME", t.TempDir())
	db, err := Get()
	if err != nil {
		t.Fatal(err)
	}
	return db.(*facade).client.(*dynamodb.Client).Options()
}

func TestTheClientOfGetTriesTenTimesByDefault(t *testing.T) {
	for _, stage := range []string{stageTest, stageProd} {
		options := clientOfGet(t, map[string]string{"STAGE": stage, "AWS_REGION": "eu-west-1"})
		if attempts := options.Retryer.MaxAttempts(); attempts != 10 {
			t.Errorf("STAGE=%s: %d attempts, want 10", stage, attempts)
		}
	}
}

func TestTheClientOfGetHonoursTheRetryModeOfProd(t *testing.T) {
	variables := map[string]string{"STAGE": stageProd, "AWS_REGION": "eu-west-1", "AWS_RETRY_MODE": "adaptive"}
	options := clientOfGet(t, variables)
	if _, ok := options.Retryer.(*retry.AdaptiveMode); !ok || options.Retryer.MaxAttempts() != 10 {
		t.Errorf("got %T with %d attempts", options.Retryer, options.Retryer.MaxAttempts())
	}
}

func TestRetryDelaysGrowToTheirLimit(t *testing.T) {
	retryer := newRetryer(aws.RetryModeStandard, defaultMaxAttempts)
	longest := firstRetryDelay
	for attempt := range 100 {
		for range 20 {
			delay, err := retryer.RetryDelay(attempt, nil)
			if err != nil || delay < 0 || delay > longest {
				t.Fatalf("the delay of retry %d is %v, %v, want at most %v", attempt, delay, err, longest)
			}
		}
		longest = min(2*longest, 5*time.Second)
	}
}

// silentServer accepts connections, answers a request on each with a text and says nothing more.
func silentServer(t *testing.T, says string) (endpoint string, accepted *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted = new(atomic.Int32)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			serving.Go(func() {
				_, _ = connection.Read(make([]byte, 1)) // the request has begun
				_, _ = io.WriteString(connection, says)
				_, _ = io.Copy(io.Discard, connection) // until the client gives up
				_ = connection.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return "http://" + listener.Addr().String(), accepted
}

func TestACallWithoutADeadlineGivesUpOnAServerThatIsSilent(t *testing.T) {
	for name, says := range map[string]string{
		"from the beginning":       "",
		"in the middle of headers": "HTTP/1.1 200 OK\r\nContent-Le",
		"in the middle of a body":  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			endpoint, accepted := silentServer(t, says)
			impatient := newHTTPClient().WithTimeout(200 * time.Millisecond).
				WithTransportOptions(func(transport *http.Transport) { transport.ResponseHeaderTimeout = 100 * time.Millisecond })
			client := dynamodb.New(dynamodb.Options{
				BaseEndpoint: &endpoint,
				Region:       "us-east-1",
				Credentials:  aws.AnonymousCredentials{},
				HTTPClient:   impatient,
				Retryer:      newRetryer(aws.RetryModeStandard, 2),
			}, thriftily)
			err := New(client).CreateUpdateSpec(t.Context(), "sub", SpecInput{Name: "spec", Version: "1"})
			var exhausted *retry.MaxAttemptsError
			if !errors.As(err, &exhausted) || accepted.Load() != 2 {
				t.Errorf("got the error %v after %d attempts, want 2", err, accepted.Load())
			}
		})
	}
}

func TestHowLongTheClientOfGetWaitsForAnAnswer(t *testing.T) {
	client := newHTTPClient()
	if got := client.GetTransport().ResponseHeaderTimeout; got != 5*time.Second {
		t.Errorf("an attempt waits %v for the headers of an answer, want 5 s", got)
	}
	if got := client.GetTimeout(); got != 30*time.Second {
		t.Errorf("an attempt takes %v at most, want 30 s", got)
	}
}

func TestTheClientOfGetHasNoQuotaOfRetries(t *testing.T) {
	for _, mode := range []aws.RetryMode{aws.RetryModeStandard, aws.RetryModeAdaptive} {
		retryer := newRetryer(mode, defaultMaxAttempts)
		for n := range 1000 {
			if _, err := retryer.GetRetryToken(t.Context(), errors.New("failed")); err != nil {
				t.Fatalf("%s: retry %d is refused: %v", mode, n, err)
			}
		}
	}
}
