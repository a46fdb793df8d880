// Package recording holds a recorded run of the Python facade, and replays it: the same calls with
// the same clock must return the same results and leave the same items.
package recording

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/open-alchemy/packagedb"
)

//go:embed testdata/python_run.json
var pythonRun []byte

// Recording is a run of the Python facade.
type Recording struct {
	Calls          []Call `json:"calls"`
	ItemsAfterCall int    `json:"items_after_call"` // the number of calls before Items was read

	// Items are the raw items by table, in DynamoDB's JSON.
	Items map[string][]map[string]any `json:"items"`
}

// Call is one call of the run.
type Call struct {
	Name   string `json:"call"`
	Now    int64  `json:"now"` // the clock, in whole Unix seconds
	Args   Args   `json:"args"`
	Result any    `json:"result"`
	Error  string `json:"error"`
}

// Args are the arguments of a call. Each call takes some of them.
type Args struct {
	Sub           string `json:"sub"`
	ID            string `json:"id"`
	Name          string `json:"name"`
	Version       string `json:"version"`
	Title         string `json:"title"`
	Description   string `json:"description"`
	ModelCount    int    `json:"model_count"`
	PublicKey     string `json:"public_key"`
	SecretKeyHash binary `json:"secret_key_hash"`
	Salt          binary `json:"salt"`
}

// binary is the recording's form of bytes.
type binary struct {
	Base64 []byte `json:"b64"`
}

// PythonRun returns the recorded run.
func PythonRun() (*Recording, error) {
	var recording Recording
	if err := json.Unmarshal(pythonRun, &recording); err != nil {
		return nil, fmt.Errorf("read the recorded run: %w", err)
	}
	return &recording, nil
}

// Clock stands at the time of the call that is replayed. The zero Clock is ready to use.
type Clock struct {
	second atomic.Int64
}

// Now returns that time. It is a clock for [packagedb.WithClock].
func (c *Clock) Now() time.Time { return time.Unix(c.second.Load(), 0) }

// Replay makes the call, and returns an error if the result is not the recorded one. The database
// must use the clock.
func (c Call) Replay(ctx context.Context, db packagedb.Database, clock *Clock) error {
	clock.second.Store(c.Now)
	result, err := c.make(ctx, db)
	if errors.Is(err, packagedb.ErrNotFound) {
		if c.Result != nil || (c.Error != "" && c.Error != "not_found") {
			return fmt.Errorf("%s %+v: got no result, recorded %v%s", c.Name, c.Args, c.Result, c.Error)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	got, err := plain(result)
	if err != nil {
		return err
	}
	if want := unwrap(c.Result); c.Error != "" || !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s %+v: got %v, recorded %v%s", c.Name, c.Args, got, want, c.Error)
	}
	return nil
}

// make makes the call and returns its result, nil for a call without one.
func (c Call) make(ctx context.Context, db packagedb.Database) (any, error) {
	args := c.Args
	switch c.Name {
	case "count_customer_models":
		return db.CountCustomerModels(ctx, args.Sub)
	case "create_update_spec":
		_, err := db.CreateUpdateSpec(ctx, args.Sub, packagedb.SpecInput{
			Name: args.Name, Version: args.Version, ModelCount: args.ModelCount,
			Title: args.Title, Description: args.Description,
		})
		return nil, err
	case "get_latest_spec_version":
		return db.GetLatestSpecVersion(ctx, args.Sub, args.Name)
	case "list_specs":
		return db.ListSpecs(ctx, args.Sub)
	case "get_spec":
		return db.GetSpec(ctx, args.Sub, args.Name)
	case "delete_spec":
		return nil, db.DeleteSpec(ctx, args.Sub, args.Name)
	case "list_spec_versions":
		return db.ListSpecVersions(ctx, args.Sub, args.Name)
	case "delete_all_specs":
		return nil, db.DeleteAllSpecs(ctx, args.Sub)
	case "list_credentials":
		return db.ListCredentials(ctx, args.Sub)
	case "create_update_credentials":
		return nil, db.CreateUpdateCredentials(ctx, args.Sub, packagedb.CredentialsInput{
			ID: args.ID, PublicKey: args.PublicKey,
			SecretKeyHash: args.SecretKeyHash.Base64, Salt: args.Salt.Base64,
		})
	case "get_credentials":
		return db.GetCredentials(ctx, args.Sub, args.ID)
	case "get_user":
		user, err := db.GetUser(ctx, args.PublicKey)
		if err != nil {
			return nil, err
		}
		return map[string]any{"sub": user.Sub, "secret_key_hash": user.SecretKeyHash, "salt": user.Salt}, nil
	case "delete_credentials":
		return nil, db.DeleteCredentials(ctx, args.Sub, args.ID)
	case "delete_all_credentials":
		return nil, db.DeleteAllCredentials(ctx, args.Sub)
	case "delete_all":
		return nil, db.DeleteAll(ctx, args.Sub)
	default:
		return nil, fmt.Errorf("unknown call %q", c.Name)
	}
}

// plain returns a result as decoded JSON.
func plain(result any) (any, error) {
	data, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	var decoded any
	if err := json.Unmarshal(data, &decoded); err != nil {
		return nil, err
	}
	return decoded, nil
}

// unwrap replaces bytes, as the recording writes them, by their base64 text.
func unwrap(recorded any) any {
	switch recorded := recorded.(type) {
	case []any:
		for i := range recorded {
			recorded[i] = unwrap(recorded[i])
		}
	case map[string]any:
		if text, ok := recorded["b64"]; ok {
			return text
		}
		for name := range recorded {
			recorded[name] = unwrap(recorded[name])
		}
	}
	return recorded
}
