package soak

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/open-alchemy/packagedb"
)

// checkCredentials finds calls that return credentials, or none, although they must not.
func checkCredentials(calls []*call) (found []violation) {
	puts := []operation{putCredentials, createCredentials}
	deletes := []operation{deleteCredentials, deleteAllCredentials, deleteAll}
	all := writesOf(calls, puts, deletes)
	for _, c := range calls {
		if !c.answered() {
			continue
		}
		for _, k := range slices.SortedFunc(maps.Keys(all), compareKeys) {
			if k.sub != c.sub || c.id != "" && k != c.key {
				continue
			}
			if message := credentialsRead(c, k, all[k]); message != "" {
				found = append(found, violation{fmt.Sprintf("%s: %v", message, c), all[k].all(c)})
			}
		}
		var message string
		switch {
		case c.is(getCredentials, listCredentials):
			message = credentialsListed(c, all)
		case c.is(getUser):
			message = userRead(c, all)
		}
		if message != "" {
			found = append(found, violation{fmt.Sprintf("%s: %v", message, c), related(c, calls, slices.Concat(puts, deletes))})
		}
	}
	return found
}

// related returns the calls that may affect what a read of credentials returned.
func related(read *call, calls []*call, writes []operation) (about []*call) {
	for _, c := range calls {
		if c == read || c.is(writes...) {
			about = append(about, c)
		}
	}
	return about
}

// credentialsRead returns what is wrong with the result of a call for one key, or "".
func credentialsRead(c *call, k key, w writes) string {
	puts, none := w.candidates(c)
	var listed []string
	for _, info := range c.infos {
		listed = append(listed, info.ID)
	}
	i := slices.Index(listed, k.id)
	switch {
	case c.is(createCredentials) && c.ok() && !none:
		return "credentials are created that were acknowledged before"
	case !c.is(getCredentials, listCredentials):
	case i >= 0 && !slices.ContainsFunc(puts, func(put *call) bool { return put.stored(c.infos[i]) }):
		return fmt.Sprintf("the credentials %q are none that may be there", k.id)
	case i < 0 && !none && (c.is(getCredentials) || c.page.covers(k.id, listed)):
		return fmt.Sprintf("the credentials %q, which were acknowledged, are not there", k.id)
	}
	return ""
}

// credentialsListed returns what is wrong with the ids of a list, or "".
func credentialsListed(c *call, all map[key]writes) string {
	var listed []string
	for _, info := range c.infos {
		listed = append(listed, info.ID)
		if _, written := all[key{c.sub, info.ID}]; !written {
			return fmt.Sprintf("credentials %q that no call wrote", info.ID)
		}
	}
	if !c.page.ordered(listed) {
		return "page too long or not in the order of the ids"
	}
	return ""
}

// userRead returns what is wrong with the user of a public key, or "".
func userRead(read *call, all map[key]writes) string {
	holders, certain, found := 0, 0, false
	for _, w := range all {
		puts, none := w.candidates(read)
		holds := func(put *call) bool { return put.publicKey == read.publicKey }
		if !slices.ContainsFunc(puts, holds) {
			continue
		}
		holders++
		if !none && !slices.ContainsFunc(puts, func(put *call) bool { return !holds(put) }) {
			certain++
		}
		found = found || slices.ContainsFunc(puts, func(put *call) bool { return holds(put) && put.storedUser(read.user) })
	}
	switch {
	case read.ok() && !found:
		return "the user is none who may hold the public key"
	case read.ok() && certain > 1:
		return "a user is guessed from several"
	case errors.Is(read.err, packagedb.ErrNotFound) && certain > 0:
		return "the user of a public key that was acknowledged is not found"
	case errors.Is(read.err, packagedb.ErrAmbiguousPublicKey) && holders < 2:
		return "a public key that at most one user holds is ambiguous"
	}
	return ""
}
