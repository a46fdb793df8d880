package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
)

// operation is a method of [packagedb.Database].
type operation string

const (
	createSpec           operation = "CreateUpdateSpec"
	createOnce           operation = "CreateSpecVersion"
	getSpec              operation = "GetSpec"
	getLatestVersion     operation = "GetLatestSpecVersion"
	getSpecVersion       operation = "GetSpecVersion"
	listSpecs            operation = "ListSpecs"
	listVersions         operation = "ListSpecVersions"
	countModels          operation = "CountCustomerModels"
	deleteSpec           operation = "DeleteSpec"
	deleteAllSpecs       operation = "DeleteAllSpecs"
	createCredentials    operation = "CreateCredentials"
	putCredentials       operation = "CreateUpdateCredentials"
	getCredentials       operation = "GetCredentials"
	listCredentials      operation = "ListCredentials"
	getUser              operation = "GetUser"
	deleteCredentials    operation = "DeleteCredentials"
	deleteAllCredentials operation = "DeleteAllCredentials"
	deleteAll            operation = "DeleteAll"
)

// key identifies a spec, or credentials, of a user. The id is the canonical form of a spec's name.
type key struct{ sub, id string }

// page is a set of list options. The zero value lists everything.
type page struct {
	limit      int
	after      string
	descending bool
}

func (p page) options() (options []packagedb.ListOption) {
	if p.limit > 0 {
		options = append(options, packagedb.Limit(p.limit))
	}
	if p.after != "" {
		options = append(options, packagedb.After(p.after))
	}
	if p.descending {
		options = append(options, packagedb.Descending())
	}
	return options
}

// call is one call of one host: its arguments, and what it returned.
type call struct {
	host      int
	clock     int64 // the second that the host's clock shows
	operation operation
	requests  int // the number of requests after which the call's context ends; 0 is no limit

	key
	name        string // the caller's spelling of a spec's id
	spec        packagedb.SpecInput
	version     string // the argument of GetSpecVersion
	page        page
	credentials packagedb.CredentialsInput
	publicKey   string

	begin, end int64 // positions in the order of all begins and ends of a run

	err    error
	latest string
	count  int
	specs  []packagedb.SpecInfo
	infos  []packagedb.CredentialsInfo
	user   packagedb.CredentialsAuthInfo
}

// before reports whether the call ended before the other began.
func (c *call) before(other *call) bool { return c.end < other.begin }

func (c *call) ok() bool { return c.err == nil }

func (c *call) is(operations ...operation) bool { return slices.Contains(operations, c.operation) }

// isWrite reports whether the call changes specs.
func (c *call) isWrite() bool { return c.isCreate() || c.is(deleteSpec, deleteAllSpecs, deleteAll) }

// isCreate reports whether the call stores a version, if it succeeds.
func (c *call) isCreate() bool { return c.is(createSpec, createOnce) }

// answered reports whether the call returned something about what is stored: a success, or an error
// that is an answer.
func (c *call) answered() bool {
	switch {
	case errors.Is(c.err, packagedb.ErrNotFound):
		return c.is(getSpec, getLatestVersion, getSpecVersion, listVersions, getCredentials, getUser)
	case errors.Is(c.err, packagedb.ErrAmbiguousPublicKey):
		return c.is(getUser)
	case errors.Is(c.err, packagedb.ErrExists):
		return c.is(createCredentials, createOnce)
	}
	return c.ok()
}

// send makes the call and keeps what it returns.
func (c *call) send(ctx context.Context, db packagedb.Database) {
	in := dbtest.Input{
		Sub: c.sub, Spec: c.spec, Version: c.version, Credentials: c.credentials, Options: c.page.options(),
	}
	in.Spec.Name, in.Credentials.ID, in.Credentials.PublicKey = c.name, c.id, c.publicKey
	var result any
	if result, c.err = dbtest.Calls(ctx, db, in)[string(c.operation)](); !c.ok() {
		return
	}
	switch result := result.(type) {
	case *packagedb.SpecInfo:
		c.specs = []packagedb.SpecInfo{*result}
	case []packagedb.SpecInfo:
		c.specs = result
	case string:
		c.latest = result
	case int:
		c.count = result
	case *packagedb.CredentialsInfo:
		c.infos = []packagedb.CredentialsInfo{*result}
	case []packagedb.CredentialsInfo:
		c.infos = result
	case *packagedb.CredentialsAuthInfo:
		c.user = *result
	}
}

// String returns the call as a line of a trace, with what identifies its arguments and results:
// titles and salts are unique to a call.
func (c *call) String() string {
	arguments := []string{c.sub, c.name, c.publicKey, c.version, c.spec.Version, c.spec.Title, string(c.credentials.Salt)}
	if c.page != (page{}) {
		arguments = append(arguments, fmt.Sprintf("%+v", c.page))
	}
	arguments = slices.DeleteFunc(arguments, func(argument string) bool { return argument == "" })
	var results []any
	switch {
	case c.err != nil:
		results = append(results, c.err)
	case c.is(getUser):
		results = append(results, c.user.Sub, string(c.user.Salt))
	case c.is(countModels):
		results = append(results, fmt.Sprint(c.count))
	case c.is(getLatestVersion):
		results = append(results, c.latest)
	}
	for _, spec := range c.specs {
		results = append(results, fmt.Sprintf("%s at %d: version %s, %s", spec.ID, spec.UpdatedAt, spec.Version, spec.Title))
	}
	for _, info := range c.infos {
		results = append(results, fmt.Sprintf("%s with %s, %s", info.ID, info.PublicKey, info.Salt))
	}
	return fmt.Sprintf("%4d to %4d  host %d at %d: %s%q = %q", c.begin, c.end, c.host, c.clock, c.operation, arguments, results)
}

// written returns the spec that the call writes if it is dated with the second.
func (c *call) written(second int64) packagedb.SpecInfo {
	return packagedb.SpecInfo{
		ID: c.id, Name: c.spec.Name, UpdatedAt: second, Version: c.spec.Version,
		ModelCount: c.spec.ModelCount, Title: c.spec.Title, Description: c.spec.Description,
	}
}

// stored reports whether the call writes these credentials.
func (c *call) stored(info packagedb.CredentialsInfo) bool {
	return info.ID == c.id && info.PublicKey == c.publicKey && bytes.Equal(info.Salt, c.credentials.Salt)
}

// storedUser reports whether the user is the owner of the credentials that the call writes.
func (c *call) storedUser(user packagedb.CredentialsAuthInfo) bool {
	return user.Sub == c.sub && user.ID == c.id && bytes.Equal(user.Salt, c.credentials.Salt) &&
		bytes.Equal(user.SecretKeyHash, c.credentials.SecretKeyHash)
}
