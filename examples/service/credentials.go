package main

import (
	"errors"

	"github.com/open-alchemy/packagedb"
)

// shownCredentials is what the owner of credentials may see.
type shownCredentials struct {
	ID        string `json:"id"`
	PublicKey string `json:"public_key"`
	SecretKey string `json:"secret_key"`
}

// getDefaultCredentials returns the user's default credentials, and creates them if there are none.
// Of two concurrent requests one creates them, and both return the same.
func (s service) getDefaultCredentials(c call) (any, error) {
	for {
		stored, err := c.db.GetCredentials(c.Context(), c.sub, "default")
		switch {
		case err == nil:
			return shownCredentials{stored.ID, stored.PublicKey, secretKey(c.sub, stored.Salt, s.secret)}, nil
		case !errors.Is(err, packagedb.ErrNotFound):
			return nil, err
		}
		created, shown := newCredentials(c.sub, "default", s.secret)
		err = c.db.CreateCredentials(c.Context(), c.sub, created)
		if !errors.Is(err, packagedb.ErrExists) {
			return shown, err
		}
		// Another request created them. The read may not have seen them yet; the deadline ends the loop.
	}
}

func (s service) createCredentials(c call) (any, error) {
	created, shown := newCredentials(c.sub, c.PathValue("id"), s.secret)
	return shown, c.db.CreateCredentials(c.Context(), c.sub, created)
}

func deleteCredentials(c call) (any, error) {
	return nil, c.db.DeleteCredentials(c.Context(), c.sub, c.PathValue("id"))
}
