package packagedb

import (
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// version is that of this module, without the v of its tag. It is the one place that says it: the
// tag of a release follows from it.
const version = "0.1.0"

// nameUserAgent makes the requests of a client tell which library sends them.
func nameUserAgent(options *dynamodb.Options) {
	options.APIOptions = append(options.APIOptions, middleware.AddUserAgentKeyValue("packagedb", version))
}
