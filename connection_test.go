package packagedb

import (
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
