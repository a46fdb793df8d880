package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
)

// operation is a method of [packagedb.Database].
type operation string

const (
	createSpec           operation = "CreateUpdateSpec"
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
func (c *call) isWrite() bool { return c.is(createSpec, deleteSpec, deleteAllSpecs, deleteAll) }

// answered reports whether the call returned something about what is stored: a success, or an error
// that is an answer.
func (c *call) answered() bool {
	switch {
	case errors.Is(c.err, packagedb.ErrNotFound):
		return c.is(getSpec, getLatestVersion, getSpecVersion, listVersions, getCredentials, getUser)
	case errors.Is(c.err, packagedb.ErrAmbiguousPublicKey):
		return c.is(getUser)
	case errors.Is(c.err, packagedb.ErrExists):
		return c.is(createCredentials)
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

// String returns the call as a line of a trace.
func (c *call) String() string {
	arguments := []string{strconv.Quote(c.sub)}
	switch {
	case c.is(createSpec):
		arguments = append(arguments, fmt.Sprintf("%q version %q, %s", c.spec.Name, c.spec.Version, c.spec.Title))
	case c.is(createCredentials, putCredentials):
		arguments = append(arguments, fmt.Sprintf("%q with %q, %s", c.id, c.publicKey, c.credentials.Salt))
	case c.is(getUser):
		arguments = []string{strconv.Quote(c.publicKey)}
	case c.id != "":
		arguments = append(arguments, strconv.Quote(c.name))
	}
	if c.is(getSpecVersion) {
		arguments = append(arguments, strconv.Quote(c.version))
	}
	if c.page != (page{}) {
		arguments = append(arguments, fmt.Sprintf("%+v", c.page))
	}
	return fmt.Sprintf("%4d to %4d  host %d at %d: %s(%s) = %s",
		c.begin, c.end, c.host, c.clock, c.operation, strings.Join(arguments, ", "), c.result())
}

func (c *call) result() string {
	switch {
	case c.err != nil:
		return c.err.Error()
	case c.is(getLatestVersion):
		return strconv.Quote(c.latest)
	case c.is(countModels):
		return strconv.Itoa(c.count)
	case c.is(getUser):
		return fmt.Sprintf("%q, %s", c.user.Sub, c.user.Salt)
	case c.is(createSpec, getSpec, getSpecVersion, listSpecs, listVersions):
		return brief(c.specs)
	}
	var infos []string
	for _, info := range c.infos {
		infos = append(infos, fmt.Sprintf("%q with %q, %s", info.ID, info.PublicKey, info.Salt))
	}
	return fmt.Sprint(infos)
}

// brief returns what identifies a spec: the date, and the title, which is unique to a call.
func brief(specs []packagedb.SpecInfo) string {
	var lines []string
	for _, spec := range specs {
		lines = append(lines, fmt.Sprintf("%s at %d: version %q, %s", spec.ID, spec.UpdatedAt, spec.Version, spec.Title))
	}
	return fmt.Sprint(lines)
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
