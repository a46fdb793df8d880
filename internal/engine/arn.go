package engine

import (
	"net/http"
	"strings"
)

// The owner of the tables, and the region of a request that is signed for none.
const (
	account       = "123456789012"
	defaultRegion = "us-east-1"
	endpoint      = "dynamodb." + defaultRegion + ".amazonaws.com"
)

// tableARN returns the ARN of a table in a region. The regions share one set of tables.
func tableARN(region, name string) string {
	return "arn:aws:dynamodb:" + region + ":" + account + ":table/" + name
}

// cutARN returns the region and the name of the table, with what follows it, of an ARN as tableARN returns it.
func cutARN(arn string) (region, name string, ok bool) {
	rest, ok := strings.CutPrefix(arn, "arn:aws:dynamodb:")
	if !ok {
		return "", "", false
	}
	region, rest, _ = strings.Cut(rest, ":")
	name, ok = strings.CutPrefix(rest, account+":table/")
	return region, name, ok
}

// tableName returns the name of a table that is given by its name or its ARN in any region.
func tableName(nameOrARN string) string {
	if _, name, ok := cutARN(nameOrARN); ok {
		return name
	}
	return nameOrARN
}

// caller is embedded in the parameters of the operations that depend on more of a request.
type caller struct {
	host   string // that the request names
	region string // that it was signed for
}

// calledBy sets the caller before the parameters are checked. It retains nothing of the request.
func (c *caller) calledBy(r *http.Request) {
	c.host, c.region = strings.Clone(r.Host), strings.Clone(signedRegion(r))
}

// signedRegion returns the region that a request was signed for.
//
//	Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261130/eu-west-1/dynamodb/aws4_request, SignedHeaders=...
//	/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261130%2Feu-west-1%2Fdynamodb%2Faws4_request&...
func signedRegion(r *http.Request) string {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		credential, _, _ = strings.Cut(after, ",")
	}
	scope := strings.Split(credential, "/")
	if i := len(scope) - 3; i >= 2 && validName(scope[i]) {
		return scope[i]
	}
	return defaultRegion
}

// checkRegion adds a violation if a table is given by its ARN in another region.
func (c *caller) checkRegion(violations *constraints, nameOrARN *string) {
	if nameOrARN == nil {
		return
	}
	if region, _, ok := cutARN(*nameOrARN); ok && region != c.region {
		violations.add("Invalid AWS region in '" + *nameOrARN + "'")
	}
}
