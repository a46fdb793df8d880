package packagedb

// SpecInput is one version of a spec to store.
type SpecInput struct {
	Name       string `json:"name"`        // any UTF-8 text whose id is at most 1,003 bytes
	Version    string `json:"version"`     // any UTF-8 text but the empty one
	ModelCount int    `json:"model_count"` // how many models the spec defines, 0 or more

	Title       string `json:"title,omitempty"`       // empty is not set
	Description string `json:"description,omitempty"` // empty is not set
}

// SpecInfo is one version of a spec as it is stored.
type SpecInfo struct {
	ID        string `json:"id"`         // the canonical form of the name
	Name      string `json:"name"`       // as it was written with this version
	UpdatedAt int64  `json:"updated_at"` // Unix time in whole seconds

	Version    string `json:"version"`
	ModelCount int    `json:"model_count"`

	Title       string `json:"title,omitempty"`       // empty is not set
	Description string `json:"description,omitempty"` // empty is not set
}

// CredentialsInput is what a user signs in with, to store. Neither fmt nor log/slog shows the hash
// and the salt, and JSON neither shows nor reads them.
type CredentialsInput struct {
	ID            string `json:"id"`         // at most 1,024 bytes
	PublicKey     string `json:"public_key"` // at most 2,048 bytes; one key belongs to one user
	SecretKeyHash []byte `json:"-"`
	Salt          []byte `json:"-"`
}

// CredentialsInfo is what may be shown of credentials. Neither fmt nor log/slog shows the salt. JSON
// does, and with it slog's JSON handler where the value is inside of another, such as a slice.
type CredentialsInfo struct {
	ID        string `json:"id"`
	PublicKey string `json:"public_key"`
	Salt      []byte `json:"salt"`
}

// CredentialsAuthInfo is what proves a user who signs in with a public key. Neither fmt nor log/slog
// shows the hash and the salt, and JSON neither shows nor reads them.
type CredentialsAuthInfo struct {
	Sub           string `json:"sub"`
	SecretKeyHash []byte `json:"-"`
	Salt          []byte `json:"-"`
}
