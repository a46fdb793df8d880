// Demo tells the story of a user who publishes a spec, on the embedded engine, and replays a recorded run
// of the Python facade. It fails if anything is not as it says.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/command"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/internal/protocol"
	"github.com/open-alchemy/packagedb/internal/recording"
)

const (
	sub       = "auth0|7734d7c1"
	publicKey = "pk_8Zq2"
)

// line is a call with its input and its result.
const line = "  %-17s  %-42s  %s\n"

func main() {
	command.Main(func(ctx context.Context, _ []string, stdout, stderr io.Writer) int {
		if err := run(ctx, stdout); err != nil {
			fmt.Fprintln(stderr, "demo:", err)
			return 1
		}
		return 0
	})
}

func run(ctx context.Context, out io.Writer) error {
	text := bufio.NewWriter(out) // Flush returns the first error of out
	if err := tell(ctx, text); err != nil {
		return err
	}
	if err := replay(ctx, text); err != nil {
		return err
	}
	fmt.Fprint(text, "\nNext:\n"+
		"  go run ./cmd/packagedb-local    a server for your service, and a page at http://localhost:8000/-/\n"+
		"  docs/testing.md                 tests of your service, on databases like this one\n"+
		"  examples/service                a whole service, to copy\n")
	return text.Flush()
}

// tell tells the story.
func tell(ctx context.Context, out io.Writer) error {
	server := &throttle{next: engine.New()}
	client := loopback.NewDynamoDB(server, packagedb.ClientOptions)
	if err := packagedb.CreateTables(ctx, client); err != nil {
		return err
	}
	var last packagedb.Call
	db := packagedb.New(client, packagedb.WithObserver(func(_ context.Context, call packagedb.Call) { last = call }))
	if err := publish(ctx, db, out); err != nil {
		return err
	}
	if err := signIn(ctx, db, out); err != nil {
		return err
	}
	server.requests.Store(1)
	spec, err := db.GetSpec(ctx, sub, "Pets")
	if err != nil {
		return err
	}
	fmt.Fprint(out, "\nDynamoDB throttles a request\n")
	fmt.Fprintf(out, line, "GetSpec", "Pets", fmt.Sprintf("the latest is %s, after %d retry", spec.Version, last.Retries))
	if err := pageThrough(ctx, db, out); err != nil {
		return err
	}
	return deleteAll(ctx, db, out)
}

// publish publishes two versions, of which none can be published twice.
func publish(ctx context.Context, db packagedb.Database, out io.Writer) error {
	fmt.Fprintf(out, "%s publishes an OpenAPI document\n", sub)
	for _, version := range []packagedb.SpecInput{
		{Name: "Pets", Version: "1.0.0", ModelCount: 2, Title: "Pets"},
		{Name: "Pets", Version: "1.1.0", ModelCount: 3, Title: "Pets and their owners"},
		{Name: "Pets", Version: "1.1.0", ModelCount: 9, Title: "Cars"},
	} {
		result := "refused: the version already exists"
		spec, err := db.CreateSpecVersion(ctx, sub, version)
		if err == nil {
			result = fmt.Sprintf("stored as %s, %d models", spec.ID, spec.ModelCount)
		} else if !errors.Is(err, packagedb.ErrExists) {
			return err
		}
		fmt.Fprintf(out, line, "CreateSpecVersion", fmt.Sprintf("Pets %s, titled %q", version.Version, version.Title), result)
	}
	return nil
}

// signIn finds the user by the public key of credentials.
func signIn(ctx context.Context, db packagedb.Database, out io.Writer) error {
	fmt.Fprint(out, "\nA program signs in with the user's credentials\n")
	credentials := packagedb.CredentialsInput{
		ID: "default", PublicKey: publicKey, SecretKeyHash: []byte("a hash"), Salt: []byte("a salt"),
	}
	if err := db.CreateCredentials(ctx, sub, credentials); err != nil {
		return err
	}
	user, err := db.GetUser(ctx, publicKey)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, line, "GetUser", "public key "+publicKey, user.Sub+", with the hash to compare")
	return nil
}

// pageThrough reads the history, a version a page.
func pageThrough(ctx context.Context, db packagedb.Database, out io.Writer) error {
	fmt.Fprint(out, "\nThe history of Pets, the newest first\n")
	page := []packagedb.ListOption{packagedb.Descending(), packagedb.Limit(1)}
	for number := 1; ; number++ {
		versions, err := db.ListSpecVersions(ctx, sub, "Pets", page...)
		if err != nil {
			return err
		}
		if len(versions) == 0 {
			return nil
		}
		fmt.Fprintf(out, line, "ListSpecVersions", fmt.Sprint("Pets, page ", number), versions[0].Version)
		page = append(page, packagedb.After(strconv.FormatInt(versions[0].UpdatedAt, 10)))
	}
}

// deleteAll deletes everything of the user.
func deleteAll(ctx context.Context, db packagedb.Database, out io.Writer) error {
	if err := db.DeleteAll(ctx, sub); err != nil {
		return err
	}
	_, err := db.GetSpec(ctx, sub, "Pets")
	if !errors.Is(err, packagedb.ErrNotFound) {
		return fmt.Errorf("a deleted spec: %w", err)
	}
	fmt.Fprint(out, "\nThe user leaves\n")
	fmt.Fprintf(out, line, "DeleteAll", sub, "done")
	fmt.Fprintf(out, line, "GetSpec", "Pets", "not found")
	return nil
}

// throttle is a DynamoDB that throttles some requests.
type throttle struct {
	next     http.Handler
	requests atomic.Int32 // to throttle
}

func (t *throttle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t.requests.Add(-1) >= 0 {
		protocol.Exception(http.StatusBadRequest, "ProvisionedThroughputExceededException", "too fast", nil).Write(w)
		return
	}
	t.next.ServeHTTP(w, r)
}

// replay replays the recorded run.
func replay(ctx context.Context, out io.Writer) error {
	client := loopback.NewDynamoDB(engine.New())
	if err := packagedb.CreateTables(ctx, client); err != nil {
		return err
	}
	var clock recording.Clock
	db := packagedb.New(client, packagedb.WithClock(clock.Now), packagedb.WithPythonFacade())
	calls := recording.PythonRun().Calls
	if err := recording.Replay(ctx, db, &clock, calls); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nChecked: %d recorded calls of the Python facade give the same results here.\n", len(calls))
	return nil
}
