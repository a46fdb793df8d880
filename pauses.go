package packagedb

import (
	"time"

	"github.com/open-alchemy/packagedb/internal/awsclient"
)

func backoff(retry int, first, longest time.Duration) time.Duration {
	return awsclient.Backoff(retry, first, longest)
}
