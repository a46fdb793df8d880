package awsclient

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfigure_Retryer(t *testing.T) {
	for mode, retryer := range map[aws.RetryMode]aws.Retryer{
		aws.RetryModeStandard: new(retry.Standard), aws.RetryModeAdaptive: new(retry.AdaptiveMode),
	} {
		for given, want := range map[int]int{0: 10, -1: 10, 1: 1, 3: 3, 20: 20} {
			options := dynamodb.Options{RetryMode: mode, RetryMaxAttempts: given}
			Configure(&options, "")
			assert.IsType(t, retryer, options.Retryer)
			assert.Equal(t, want, options.Retryer.MaxAttempts(), "RetryMaxAttempts %d", given)
			for range 1000 { // without a quota
				_, err := options.Retryer.GetRetryToken(t.Context(), errors.New("failed"))
				require.NoError(t, err, mode)
			}
		}
	}
}

func TestBackoff(t *testing.T) {
	retryer := newRetryer(aws.RetryModeStandard, DefaultMaxAttempts, defaultLimits())
	longest := 50 * time.Millisecond
	for attempt := range 100 {
		for range 20 {
			delay, err := retryer.RetryDelay(attempt, nil)
			require.NoError(t, err)
			require.GreaterOrEqual(t, delay, time.Duration(0))
			require.LessOrEqual(t, delay, longest)
		}
		longest = min(2*longest, 5*time.Second)
	}
}
