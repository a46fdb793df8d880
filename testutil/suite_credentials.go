package testutil

import (
	"bytes"
	"context"
	"fmt"

	"github.com/open-alchemy/packagedb"
)

// newCredentials returns credentials with a public key that no other user has.
func newCredentials(sub, id string) packagedb.CredentialsInput {
	return packagedb.CredentialsInput{
		ID:            id,
		PublicKey:     "public key of " + sub + " " + id,
		SecretKeyHash: []byte("hash of " + sub + " " + id),
		Salt:          []byte("salt of " + sub + " " + id),
	}
}

var credentialsPromises = []promise{
	{"credentials that are not there are ErrNotFound from every call that gets them", func(p *probe) {
		credentials, err := p.GetCredentials(p.ctx, p.sub, "absent")
		p.mustBe("GetCredentials", err, packagedb.ErrNotFound)
		if credentials != nil {
			p.Errorf("GetCredentials returns %+v beside its error", credentials)
		}
		user, err := p.GetUser(p.ctx, "absent "+p.sub)
		p.mustBe("GetUser", err, packagedb.ErrNotFound)
		if user != nil {
			p.Errorf("GetUser returns %+v beside its error", user)
		}
	}},
	{"a user without credentials lists an empty slice that is not nil", func(p *probe) {
		if credentials := p.credentials(); credentials == nil || len(credentials) != 0 {
			p.Errorf("ListCredentials: got %#v, want an empty slice", credentials)
		}
	}},
	{"credentials are returned as they were written, byte for byte, by every call", func(p *probe) {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		input := newCredentials(p.sub, "id")
		input.SecretKeyHash, input.Salt = every, append([]byte{0}, every...)
		p.createCredentials(input)

		got, err := p.GetCredentials(p.ctx, p.sub, "id")
		if err != nil {
			p.Fatalf("GetCredentials: %v", err)
		}
		listed := p.credentials()
		if len(listed) != 1 {
			p.Fatalf("ListCredentials: got %d, want 1", len(listed))
		}
		for _, credentials := range []packagedb.CredentialsInfo{*got, listed[0]} {
			if credentials.ID != "id" || credentials.PublicKey != input.PublicKey || !bytes.Equal(credentials.Salt, input.Salt) {
				p.Errorf("got %+v with a salt of %d bytes", credentials, len(credentials.Salt))
			}
		}
		user := p.user(input.PublicKey, succeeds)
		if user.Sub != p.sub || !bytes.Equal(user.SecretKeyHash, input.SecretKeyHash) || !bytes.Equal(user.Salt, input.Salt) {
			p.Errorf("GetUser: got %+v with a hash of %d and a salt of %d bytes", user, len(user.SecretKeyHash), len(user.Salt))
		}
	}},
	{"credentials written again replace those with the same id", func(p *probe) {
		old := newCredentials(p.sub, "id")
		p.createCredentials(old)
		p.user(old.PublicKey, succeeds)
		replacement := newCredentials(p.sub, "id")
		replacement.PublicKey = "another " + old.PublicKey
		p.createCredentials(replacement)
		if credentials := p.credentials(); len(credentials) != 1 || credentials[0].PublicKey != replacement.PublicKey {
			p.Errorf("ListCredentials: got %+v", credentials)
		}
		p.user(replacement.PublicKey, succeeds)
		p.user(old.PublicKey, failsWith(packagedb.ErrNotFound))
	}},
	{"credentials are listed by id", func(p *probe) {
		for _, id := range []string{"b", "a", "C", "a b", "é"} {
			p.createCredentials(newCredentials(p.sub, id))
		}
		var ids []string
		for credentials, err := range p.Credentials(p.ctx, p.sub) {
			if err != nil {
				p.Fatalf("Credentials: %v", err)
			}
			ids = append(ids, credentials.ID)
		}
		p.mustEqual("ids", ids, []string{"C", "a", "a b", "b", "é"})
	}},
	{"a public key of two credentials is ErrAmbiguousPublicKey", func(p *probe) {
		neighbour := p.other()
		mine, theirs := newCredentials(p.sub, "id"), newCredentials(neighbour.sub, "id")
		theirs.PublicKey = mine.PublicKey
		p.createCredentials(mine)
		neighbour.createCredentials(theirs)
		if user := p.user(mine.PublicKey, failsWith(packagedb.ErrAmbiguousPublicKey)); user != nil {
			p.Errorf("GetUser returns %+v beside its error", user)
		}
		if err := neighbour.DeleteCredentials(p.ctx, neighbour.sub, "id"); err != nil {
			p.Fatalf("DeleteCredentials: %v", err)
		}
		if user := p.user(mine.PublicKey, succeeds); user.Sub != p.sub {
			p.Errorf("GetUser returns the sub %q, want %q", user.Sub, p.sub)
		}
	}},
	{"deleting credentials leaves the user's others, and those that are not there are no error", func(p *probe) {
		p.createCredentials(newCredentials(p.sub, "id 1"))
		p.createCredentials(newCredentials(p.sub, "id 2"))
		for _, id := range []string{"id 1", "id 1", "absent"} {
			if err := p.DeleteCredentials(p.ctx, p.sub, id); err != nil {
				p.Errorf("DeleteCredentials(%q): %v", id, err)
			}
		}
		if credentials := p.credentials(); len(credentials) != 1 || credentials[0].ID != "id 2" {
			p.Errorf("ListCredentials: got %+v, want id 2 alone", credentials)
		}
		p.user(newCredentials(p.sub, "id 1").PublicKey, failsWith(packagedb.ErrNotFound))
	}},
	{"deleting all credentials leaves the user's specs and everybody else's credentials", func(p *probe) {
		for i := range 30 {
			p.createCredentials(newCredentials(p.sub, fmt.Sprint("id ", i)))
		}
		p.create(packagedb.SpecInput{Name: "spec", Version: "1"})
		neighbour := p.other()
		neighbour.createCredentials(newCredentials(neighbour.sub, "id 1"))
		for range 2 {
			if err := p.DeleteAllCredentials(p.ctx, p.sub); err != nil {
				p.Fatalf("DeleteAllCredentials: %v", err)
			}
		}
		if credentials := p.credentials(); len(credentials) != 0 {
			p.Errorf("ListCredentials: got %d, want none", len(credentials))
		}
		p.mustEqual("ids", p.specIDs(), []string{"spec"})
		if credentials := neighbour.credentials(); len(credentials) != 1 {
			p.Errorf("ListCredentials of another user: got %d, want 1", len(credentials))
		}
	}},
	{"deleting all deletes specs and credentials of the user and of nobody else", func(p *probe) {
		neighbour := p.other()
		for _, user := range []*probe{p, neighbour} {
			user.create(packagedb.SpecInput{Name: "spec", Version: "1"})
			user.createCredentials(newCredentials(user.sub, "id"))
		}
		for range 2 {
			if err := p.DeleteAll(p.ctx, p.sub); err != nil {
				p.Fatalf("DeleteAll: %v", err)
			}
		}
		if len(p.specs()) != 0 || len(p.credentials()) != 0 {
			p.Errorf("got %d specs and %d credentials, want none", len(p.specs()), len(p.credentials()))
		}
		if len(neighbour.specs()) != 1 || len(neighbour.credentials()) != 1 {
			p.Errorf("another user has %d specs and %d credentials, want one of each",
				len(neighbour.specs()), len(neighbour.credentials()))
		}
	}},
	{"a call whose context has ended fails with the context's error", func(p *probe) {
		ctx, cancel := context.WithCancel(p.ctx)
		cancel()
		for call, err := range p.callAll(ctx, p.sub, "name", packagedb.SpecInput{Name: "name", Version: "1"},
			newCredentials(p.sub, "id")) {
			p.mustBe(call, err, context.Canceled)
		}
	}},
}
