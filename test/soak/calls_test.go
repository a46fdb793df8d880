package soak

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb"
)

// operation is a method of [packagedb.Database].
type operation string

const (
	createSpec           operation = "CreateUpdateSpec"
	getSpec              operation = "GetSpec"
	getVersion           operation = "GetLatestSpecVersion"
	listSpecs            operation = "ListSpecs"
	listVersions         operation = "ListSpecVersions"
	countModels          operation = "CountCustomerModels"
	deleteSpec           operation = "DeleteSpec"
	deleteAllSpecs       operation = "DeleteAllSpecs"
	putCredentials       operation = "CreateUpdateCredentials"
	getCredentials       operation = "GetCredentials"
	listCredentials      operation = "ListCredentials"
	getUser              operation = "GetUser"
	deleteCredentials    operation = "DeleteCredentials"
	deleteAllCredentials operation = "DeleteAllCredentials"
	deleteAll            operation = "DeleteAll"
)

// key is a spec or credentials of a user. The id is that of a spec's name in its canonical form.
type key struct{ sub, id string }

// call is a call of one host: first planned, then made.
type call struct {
	host      int
	clock     int64 // what the host believes the time to be, in seconds since 1970
	operation operation

	key
	name        string // as the caller spells the id of a spec
	spec        packagedb.SpecInput
	credentials packagedb.CredentialsInput
	publicKey   string

	// When the call began and ended. No two calls of a run share a moment.
	begin, end int64

	err       error
	version   string
	count     int
	specs     []packagedb.SpecInfo
	infos     []packagedb.CredentialsInfo
	foundUser packagedb.CredentialsAuthInfo
}

// before tells whether the call ended before the other began.
func (c *call) before(other *call) bool { return c.end < other.begin }

func (c *call) ok() bool { return c.err == nil }

func (c *call) is(operations ...operation) bool { return slices.Contains(operations, c.operation) }

// send makes the call and keeps what it returns.
func (c *call) send(ctx context.Context, db packagedb.Database) {
	switch c.operation {
	case createSpec:
		_, c.err = db.CreateUpdateSpec(ctx, c.sub, c.spec)
	case getSpec:
		var spec *packagedb.SpecInfo
		if spec, c.err = db.GetSpec(ctx, c.sub, c.name); c.err == nil {
			c.specs = []packagedb.SpecInfo{*spec}
		}
	case getVersion:
		c.version, c.err = db.GetLatestSpecVersion(ctx, c.sub, c.name)
	case listSpecs:
		c.specs, c.err = db.ListSpecs(ctx, c.sub)
	case listVersions:
		c.specs, c.err = db.ListSpecVersions(ctx, c.sub, c.name)
	case countModels:
		c.count, c.err = db.CountCustomerModels(ctx, c.sub)
	case deleteSpec:
		c.err = db.DeleteSpec(ctx, c.sub, c.name)
	case deleteAllSpecs:
		c.err = db.DeleteAllSpecs(ctx, c.sub)
	case putCredentials:
		c.err = db.CreateUpdateCredentials(ctx, c.sub, c.credentials)
	case getCredentials:
		var info *packagedb.CredentialsInfo
		if info, c.err = db.GetCredentials(ctx, c.sub, c.id); c.err == nil {
			c.infos = []packagedb.CredentialsInfo{*info}
		}
	case listCredentials:
		c.infos, c.err = db.ListCredentials(ctx, c.sub)
	case getUser:
		var user *packagedb.CredentialsAuthInfo
		if user, c.err = db.GetUser(ctx, c.publicKey); c.err == nil {
			c.foundUser = *user
		}
	case deleteCredentials:
		c.err = db.DeleteCredentials(ctx, c.sub, c.id)
	case deleteAllCredentials:
		c.err = db.DeleteAllCredentials(ctx, c.sub)
	case deleteAll:
		c.err = db.DeleteAll(ctx, c.sub)
	}
}

// String is the call in a line of a trace.
func (c *call) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "%4d to %4d  host %d at %d: %s(", c.begin, c.end, c.host, c.clock, c.operation)
	switch {
	case c.is(createSpec):
		fmt.Fprintf(&line, "%q, %q version %s, %s", c.sub, c.spec.Name, c.spec.Version, c.spec.Title)
	case c.is(putCredentials):
		fmt.Fprintf(&line, "%q, %q with %q, %s", c.sub, c.id, c.credentials.PublicKey, c.credentials.Salt)
	case c.is(getUser):
		fmt.Fprintf(&line, "%q", c.publicKey)
	case c.id == "":
		fmt.Fprintf(&line, "%q", c.sub)
	default:
		fmt.Fprintf(&line, "%q, %q", c.sub, c.name)
	}
	line.WriteString(") = ")
	switch {
	case c.err != nil:
		line.WriteString(c.err.Error())
	case c.is(getVersion):
		line.WriteString(c.version)
	case c.is(countModels):
		fmt.Fprint(&line, c.count)
	case c.is(getSpec, listSpecs, listVersions):
		fmt.Fprint(&line, brief(c.specs))
	case c.is(getCredentials, listCredentials):
		for _, info := range c.infos {
			fmt.Fprintf(&line, "[%q with %q, %s]", info.ID, info.PublicKey, info.Salt)
		}
	case c.is(getUser):
		fmt.Fprintf(&line, "%q, %s", c.foundUser.Sub, c.foundUser.Salt)
	default:
		line.WriteString("ok")
	}
	return line.String()
}

// brief is what tells specs apart: their date and the title, which is that of one call.
func brief(specs []packagedb.SpecInfo) []string {
	lines := []string{}
	for _, spec := range specs {
		lines = append(lines, fmt.Sprintf("%s at %d: version %s, %s", spec.ID, spec.UpdatedAt, spec.Version, spec.Title))
	}
	return lines
}

// wrote tells whether the spec is what the call wrote, byte for byte.
func (c *call) wrote(spec packagedb.SpecInfo) bool {
	return spec == packagedb.SpecInfo{
		ID: c.id, Name: c.spec.Name, UpdatedAt: spec.UpdatedAt, Version: c.spec.Version,
		ModelCount: c.spec.ModelCount, Title: c.spec.Title, Description: c.spec.Description,
	}
}

// stored tells whether the credentials are what the call stored, byte for byte.
func (c *call) stored(info packagedb.CredentialsInfo) bool {
	return info.ID == c.id && info.PublicKey == c.credentials.PublicKey && bytes.Equal(info.Salt, c.credentials.Salt)
}

// storedUser tells whether the user is that of the credentials that the call stored.
func (c *call) storedUser(user packagedb.CredentialsAuthInfo) bool {
	return user.Sub == c.sub && bytes.Equal(user.Salt, c.credentials.Salt) &&
		bytes.Equal(user.SecretKeyHash, c.credentials.SecretKeyHash)
}
