package packagedb

// SpecInput is one version of a spec to store.
type SpecInput struct {
	Name       string `json:"name"`        // any UTF-8 string whose id is at most 1,003 bytes
	Version    string `json:"version"`     // any UTF-8 string that is not empty
	ModelCount int    `json:"model_count"` // number of models that the spec defines, 0 or more

	Title       string `json:"title,omitempty"`       // empty means not set
	Description string `json:"description,omitempty"` // empty means not set
}

// SpecInfo is one version of a spec as it is stored.
type SpecInfo struct {
	ID        string `json:"id"`         // the canonical form of the name
	Name      string `json:"name"`       // as given with this version
	UpdatedAt int64  `json:"updated_at"` // Unix time in whole seconds

	Version    string `json:"version"`
	ModelCount int    `json:"model_count"`

	Title       string `json:"title,omitempty"`       // empty means not set
	Description string `json:"description,omitempty"` // empty means not set
}

// CredentialsInput is a user's credentials to store. Package fmt and log/slog print the hash and
// the salt as [redacted], and JSON neither shows nor reads them.
//
// That protects the value and exported fields that hold it. It cannot protect unexported fields of a
// surrounding struct, types converted from this one, or the byte slices themselves, for instance in
// the diff of a failing test. Nor can it protect against the verbs %w and %p, with which fmt prints a
// value without calling its methods; go vet reports them. The same holds for CredentialsInfo and
// CredentialsAuthInfo.
type CredentialsInput struct {
	ID            string `json:"id"`         // at most 1,024 bytes
	PublicKey     string `json:"public_key"` // at most 2,048 bytes; unique among all users, see GetUser
	SecretKeyHash []byte `json:"-"`
	Salt          []byte `json:"-"`
}

// CredentialsInfo is the part of credentials that may be shown to the user whose they are. Package fmt
// and log/slog print the salt as [redacted]. JSON shows it, as the JSON of the Python facade does, and so
// does slog's JSON handler of a value, which is JSON: log the pointer. A service whose responses are not
// to have the salt copies the other fields.
type CredentialsInfo struct {
	ID        string `json:"id"`
	PublicKey string `json:"public_key"`
	Salt      []byte `json:"salt"`
}

// CredentialsAuthInfo is what authenticates a user who signs in with a public key. Package fmt and
// log/slog print the hash and the salt as [redacted], and JSON neither shows nor reads them.
type CredentialsAuthInfo struct {
	Sub           string `json:"sub"`
	ID            string `json:"id"` // of the credentials
	SecretKeyHash []byte `json:"-"`
	Salt          []byte `json:"-"`
}
