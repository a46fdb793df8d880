package testutil

import (
	"context"
	"iter"
	"maps"
	"math"
	"strings"

	"github.com/open-alchemy/packagedb"
)

// callAll calls everything with one input and yields each call with its error.
func (p *probe) callAll(
	ctx context.Context, sub, name string, spec packagedb.SpecInput, credentials packagedb.CredentialsInput,
) iter.Seq2[string, error] {
	calls := []struct {
		name string
		call func() error
	}{
		{"CountCustomerModels", func() error { _, err := p.CountCustomerModels(ctx, sub); return err }},
		{"CreateUpdateSpec", func() error { _, err := p.CreateUpdateSpec(ctx, sub, spec); return err }},
		{"GetLatestSpecVersion", func() error { _, err := p.GetLatestSpecVersion(ctx, sub, name); return err }},
		{"ListSpecs", func() error { _, err := p.ListSpecs(ctx, sub); return err }},
		{"Specs", func() error { return first(p.Specs(ctx, sub)) }},
		{"GetSpec", func() error { _, err := p.GetSpec(ctx, sub, name); return err }},
		{"DeleteSpec", func() error { return p.DeleteSpec(ctx, sub, name) }},
		{"ListSpecVersions", func() error { _, err := p.ListSpecVersions(ctx, sub, name); return err }},
		{"SpecVersions", func() error { return first(p.SpecVersions(ctx, sub, name)) }},
		{"DeleteAllSpecs", func() error { return p.DeleteAllSpecs(ctx, sub) }},
		{"ListCredentials", func() error { _, err := p.ListCredentials(ctx, sub); return err }},
		{"Credentials", func() error { return first(p.Credentials(ctx, sub)) }},
		{"CreateUpdateCredentials", func() error { return p.CreateUpdateCredentials(ctx, sub, credentials) }},
		{"GetCredentials", func() error { _, err := p.GetCredentials(ctx, sub, credentials.ID); return err }},
		{"GetUser", func() error { _, err := p.GetUser(ctx, credentials.PublicKey); return err }},
		{"DeleteCredentials", func() error { return p.DeleteCredentials(ctx, sub, credentials.ID) }},
		{"DeleteAllCredentials", func() error { return p.DeleteAllCredentials(ctx, sub) }},
		{"DeleteAll", func() error { return p.DeleteAll(ctx, sub) }},
	}
	return func(yield func(string, error) bool) {
		for _, c := range calls {
			if !yield(c.name, c.call()) {
				return
			}
		}
	}
}

func first[T any](sequence iter.Seq2[T, error]) error {
	for _, err := range sequence {
		return err
	}
	return nil
}

// The limits of a sub, of the id of a name and of an item, in bytes.
const (
	longestSub = 2048
	longestID  = 1003
	largest    = 400 * 1024
)

var inputPromises = []promise{
	{"bad input is ErrInvalidInput that names the field, from every call that takes it", func(p *probe) {
		const notUTF8 = "a\xffb"
		valid := badInput{
			sub: p.sub, name: "name",
			spec:        packagedb.SpecInput{Name: "name", Version: "1"},
			credentials: newCredentials(p.sub, "id"),
		}
		bySub := strings.Fields(`CountCustomerModels CreateUpdateSpec GetLatestSpecVersion ListSpecs Specs GetSpec
			DeleteSpec ListSpecVersions SpecVersions DeleteAllSpecs ListCredentials Credentials CreateUpdateCredentials
			GetCredentials DeleteCredentials DeleteAllCredentials DeleteAll`)
		byName := strings.Fields("GetLatestSpecVersion GetSpec DeleteSpec ListSpecVersions SpecVersions")
		byID := strings.Fields("CreateUpdateCredentials GetCredentials DeleteCredentials")
		byKey := strings.Fields("CreateUpdateCredentials GetUser")
		createSpec, createCredentials := []string{"CreateUpdateSpec"}, []string{"CreateUpdateCredentials"}

		for _, bad := range []struct {
			field string
			calls []string
			spoil func(*badInput)
		}{
			{"sub", bySub, func(b *badInput) { b.sub = "" }},
			{"sub", bySub, func(b *badInput) { b.sub = notUTF8 }},
			{"sub", bySub, func(b *badInput) { b.sub = strings.Repeat("s", longestSub+1) }},
			{"name", byName, func(b *badInput) { b.name = "" }},
			{"name", byName, func(b *badInput) { b.name = notUTF8 }},
			{"name", byName, func(b *badInput) { b.name = strings.Repeat("n", longestID+1) }},
			{"name", createSpec, func(b *badInput) { b.spec.Name = "" }},
			{"name", createSpec, func(b *badInput) { b.spec.Name = notUTF8 }},
			{"name", createSpec, func(b *badInput) { b.spec.Name = strings.Repeat("n", longestID+1) }},
			{"version", createSpec, func(b *badInput) { b.spec.Version = "" }},
			{"version", createSpec, func(b *badInput) { b.spec.Version = notUTF8 }},
			{"title", createSpec, func(b *badInput) { b.spec.Title = notUTF8 }},
			{"description", createSpec, func(b *badInput) { b.spec.Description = notUTF8 }},
			{"model count", createSpec, func(b *badInput) { b.spec.ModelCount = -1 }},
			{"item", createSpec, func(b *badInput) { b.spec.Description = strings.Repeat("d", largest) }},
			{"id", byID, func(b *badInput) { b.credentials.ID = "" }},
			{"id", byID, func(b *badInput) { b.credentials.ID = notUTF8 }},
			{"id", byID, func(b *badInput) { b.credentials.ID = strings.Repeat("i", 1025) }},
			{"public key", byKey, func(b *badInput) { b.credentials.PublicKey = "" }},
			{"public key", byKey, func(b *badInput) { b.credentials.PublicKey = notUTF8 }},
			{"public key", byKey, func(b *badInput) { b.credentials.PublicKey = strings.Repeat("k", 2049) }},
			{"hash", createCredentials, func(b *badInput) { b.credentials.SecretKeyHash = nil }},
			{"salt", createCredentials, func(b *badInput) { b.credentials.Salt = []byte{} }},
			{"item", createCredentials, func(b *badInput) { b.credentials.Salt = make([]byte, largest) }},
		} {
			input := valid
			bad.spoil(&input)
			wrong := maps.Collect(p.callAll(p.ctx, input.sub, input.name, input.spec, input.credentials))
			for _, call := range bad.calls {
				p.mustBe(call+" with a bad "+bad.field, wrong[call], packagedb.ErrInvalidInput)
				if err := wrong[call]; err != nil && !strings.Contains(err.Error(), bad.field) {
					p.Errorf("%s with a bad %s does not name it: %v", call, bad.field, err)
				}
			}
		}
	}},
	{"bad input stores nothing", func(p *probe) {
		_, _ = p.CreateUpdateSpec(p.ctx, p.sub, packagedb.SpecInput{Name: "name"})
		_ = p.CreateUpdateCredentials(p.ctx, p.sub, packagedb.CredentialsInput{ID: "id", PublicKey: "key"})
		if len(p.specs()) != 0 || len(p.credentials()) != 0 {
			p.Errorf("got %d specs and %d credentials, want none", len(p.specs()), len(p.credentials()))
		}
	}},
	{"the longest keys work", func(p *probe) {
		longest := p.other()
		longest.sub += strings.Repeat("s", longestSub-len(longest.sub))
		name := strings.Repeat("ü", (longestID-1)/2) + "n"
		longest.create(packagedb.SpecInput{Name: name, Version: "1"})
		longest.create(packagedb.SpecInput{Name: name, Version: "2"})
		longest.mustEqual("versions", longest.versions(name), []string{"1", "2"})
		longest.mustEqual("ids", longest.specIDs(), []string{name})

		credentials := newCredentials(p.sub, strings.Repeat("i", 1024))
		credentials.PublicKey = p.sub + strings.Repeat("k", 2048-len(p.sub))
		longest.createCredentials(credentials)
		if user := longest.user(credentials.PublicKey, succeeds); user.Sub != longest.sub {
			p.Errorf("GetUser returns a sub of %d bytes, want %d", len(user.Sub), len(longest.sub))
		}
		if err := longest.DeleteAll(p.ctx, longest.sub); err != nil {
			p.Errorf("DeleteAll: %v", err)
		}
		longest.mustEqual("ids after DeleteAll", longest.specIDs(), nil)
	}},
	{"any text comes back as it was", func(p *probe) {
		text := "\x00\t\r\n\x7f\u00a0\u2028\ufeff\ufffd🐍 \"'\\<&> #" + strings.Repeat("x", 10)
		p.create(packagedb.SpecInput{Name: text, Version: text, ModelCount: math.MaxInt32, Title: text, Description: text})
		spec := p.spec(text)
		if spec.Name != text || spec.Version != text || spec.Title != text || spec.Description != text {
			p.Errorf("got %+q", spec)
		}
		if spec.ModelCount != math.MaxInt32 || p.count() != math.MaxInt32 {
			p.Errorf("got the model count %d and the sum %d, want %d", spec.ModelCount, p.count(), math.MaxInt32)
		}
	}},
}

type badInput struct {
	sub, name   string
	spec        packagedb.SpecInput
	credentials packagedb.CredentialsInput
}
