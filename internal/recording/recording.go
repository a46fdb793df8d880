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
	"strings"
	"sync/atomic"
	"time"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
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

// make makes the call and returns what the facade returned, nil for a call without a result.
func (c Call) make(ctx context.Context, db packagedb.Database) (any, error) {
	args := c.Args
	call := dbtest.Calls(ctx, db, dbtest.Input{
		Sub:  args.Sub,
		Spec: args.SpecInput,
		Credentials: packagedb.CredentialsInput{
			ID: args.ID, PublicKey: args.PublicKey, SecretKeyHash: args.SecretKeyHash, Salt: args.Salt,
		},
	})[methodOf(c.Name)]
	if call == nil {
		return nil, fmt.Errorf("unknown call %q", c.Name)
	}
	result, err := call()
	switch result := result.(type) {
	case *packagedb.CredentialsAuthInfo:
		if err == nil {
			return map[string]any{"sub": result.Sub, "secret_key_hash": result.SecretKeyHash, "salt": result.Salt}, nil
		}
	case *packagedb.SpecInfo:
		if c.Name == "create_update_spec" {
			return nil, err
		}
	}
	return result, err
}

// methodOf returns the name in Go of a method of the facade: GetUser for get_user.
func methodOf(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}
