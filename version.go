package packagedb

import (
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// version is this module's version, without the v of its tag. It determines the tag of a release.
const version = "0.2.0"

// nameUserAgent adds the library and its version to the user agent of a client's requests.
func nameUserAgent(options *dynamodb.Options) {
	options.APIOptions = append(options.APIOptions, middleware.AddUserAgentKeyValue("packagedb", version))
}
