package soak

import (
	"errors"
	"slices"

	"github.com/open-alchemy/packagedb"
)

// credentialsRead judges one credentials item that was read, or a list of them.
func (j *judge) credentialsRead(read *call) {
	for _, k := range sorted(j.credentials) {
		if k.sub != read.sub || read.is(getCredentials) && k != read.key {
			continue
		}
		puts, none := j.credentials[k].candidates(read)
		i := slices.IndexFunc(read.infos, func(info packagedb.CredentialsInfo) bool { return info.ID == k.id })
		switch {
		case i < 0:
			if !none {
				j.violates(read, k, "the credentials %q, which were acknowledged, are not there", k.id)
			}
		case !slices.ContainsFunc(puts, func(put *call) bool { return put.stored(read.infos[i]) }):
			j.violates(read, k, "the credentials %q are none that may be there", k.id)
		}
	}
	for i, info := range read.infos {
		if j.credentials[key{read.sub, info.ID}] == nil {
			j.violates(read, read.key, "there are the credentials %q, which nobody wrote", info.ID)
		}
		if i > 0 && read.infos[i-1].ID >= info.ID {
			j.violates(read, read.key, "the list is not in the order of the ids")
		}
	}
}

// userRead judges who was found to hold a public key.
func (j *judge) userRead(read *call) {
	holders, certain, found := 0, 0, false
	for _, w := range j.credentials {
		puts, none := w.candidates(read)
		holds := func(put *call) bool { return put.credentials.PublicKey == read.publicKey }
		if !slices.ContainsFunc(puts, holds) {
			continue
		}
		holders++
		if !none && !slices.ContainsFunc(puts, func(put *call) bool { return !holds(put) }) {
			certain++
		}
		found = found || slices.ContainsFunc(puts, func(put *call) bool { return holds(put) && put.storedUser(read.foundUser) })
	}
	var broken string
	switch {
	case read.ok() && !found:
		broken = "the user is none that may hold the public key"
	case read.ok() && certain > 1:
		broken = "a user is guessed from several"
	case errors.Is(read.err, packagedb.ErrNotFound) && certain > 0:
		broken = "the user of a public key that was acknowledged is not found"
	case errors.Is(read.err, packagedb.ErrAmbiguousPublicKey) && holders < 2:
		broken = "a public key that at most one user holds is ambiguous"
	default:
		return
	}
	j.found = append(j.found, violation{broken + "\nin the call " + read.String(), func(c *call) bool {
		return c == read || c.is(putCredentials, deleteCredentials, deleteAllCredentials, deleteAll)
	}})
}
