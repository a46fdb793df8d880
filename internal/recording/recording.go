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
	"regexp"
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
	Result any    `json:"result"` // nil too for a call that found nothing
}

// Args are the arguments of a call. Each call takes some of them.
type Args struct {
	Sub string `json:"sub"`
	packagedb.SpecInput
	ID            string `json:"id"`
	PublicKey     string `json:"public_key"`
	SecretKeyHash []byte `json:"secret_key_hash"`
	Salt          []byte `json:"salt"`
}

// recordedBytes matches bytes in the recording, an object with their base64 text.
var recordedBytes = regexp.MustCompile(`\{\s*"b64": ("[^"]*")\s*\}`)

// PythonRun returns the recorded run.
func PythonRun() *Recording {
	var recording Recording
	if err := json.Unmarshal(recordedBytes.ReplaceAll(pythonRun, []byte("$1")), &recording); err != nil {
		panic(err) // the file is part of this package
	}
	return &recording
}

// Clock stands at the time of the call that is replayed. The zero Clock is ready to use.
type Clock struct {
	second atomic.Int64
}

// Now returns that time. It is a clock for [packagedb.WithClock].
func (c *Clock) Now() time.Time { return time.Unix(c.second.Load(), 0) }

// Replay makes the calls, and returns an error for each result that is not the recorded one. The
// database must use the clock.
func Replay(ctx context.Context, db packagedb.Database, clock *Clock, calls []Call) error {
	var differences []error
	for i, call := range calls {
		clock.second.Store(call.Now)
		if err := call.replay(ctx, db); err != nil {
			differences = append(differences, fmt.Errorf("call %d: %s %+v: %w", i+1, call.Name, call.Args, err))
		}
	}
	return errors.Join(differences...)
}

func (c Call) replay(ctx context.Context, db packagedb.Database) error {
	result, err := c.make(ctx, db)
	if errors.Is(err, packagedb.ErrNotFound) {
		result, err = nil, nil
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		return err
	}
	if !reflect.DeepEqual(got, c.Result) {
		return fmt.Errorf("got %v, recorded %v", got, c.Result)
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
		_, err := db.CreateUpdateSpec(ctx, args.Sub, args.SpecInput)
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
			ID: args.ID, PublicKey: args.PublicKey, SecretKeyHash: args.SecretKeyHash, Salt: args.Salt,
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
