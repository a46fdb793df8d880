// Demo replays a recorded run of the Python facade on the embedded engine, call by call, and prints
// what is stored for a user and what remains after the deletes. It fails if a result differs from
// the recorded one.
package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/command"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/internal/recording"
)

// users are those of the recorded run. The first one is shown in full.
var users = []string{"google-oauth2|1067907796", "auth0|7734d7c1", "sub 3"}

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
	client := loopback.NewDynamoDB(engine.New())
	if err := packagedb.CreateTables(ctx, client); err != nil {
		return err
	}
	var clock recording.Clock
	db := packagedb.New(client, packagedb.WithClock(clock.Now), packagedb.WithPythonFacade())
	recorded := recording.PythonRun()
	stored, deletes := recorded.Calls[:recorded.ItemsAfterCall], recorded.Calls[recorded.ItemsAfterCall:]
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if err := recording.Replay(ctx, db, &clock, stored); err != nil {
		return err
	}
	fmt.Fprintf(table, "Replayed %d recorded calls of the Python facade: every result is the same.\n\n", len(stored))
	if err := show(ctx, db, table, users[0]); err != nil {
		return err
	}
	if err := recording.Replay(ctx, db, &clock, deletes); err != nil {
		return err
	}
	fmt.Fprintf(table, "\nReplayed %d more, which delete two users: every result is the same. What is left:\n\n",
		len(deletes))
	if err := count(ctx, db, table); err != nil {
		return err
	}
	fmt.Fprint(table, "\nNext, run a server for your own service, and look into it at http://localhost:8000/-/\n"+
		"  go run ./cmd/packagedb-local\n")
	return table.Flush()
}

// show prints the specs of a user with their histories, and who has which public key.
func show(ctx context.Context, db packagedb.Database, out io.Writer, sub string) error {
	fmt.Fprintf(out, "User %s\n", sub)
	for spec, err := range db.Specs(ctx, sub) {
		if err != nil {
			return err
		}
		title := ""
		if spec.Title != "" {
			title = "\t" + spec.Title
		}
		fmt.Fprintf(out, "\n%s\tid %s\tmodels %d%s\n", spec.Name, spec.ID, spec.ModelCount, title)
		mark := "\tlatest"
		for version, err := range db.SpecVersions(ctx, sub, spec.Name, packagedb.Descending()) {
			if err != nil {
				return err
			}
			updated := time.Unix(version.UpdatedAt, 0).UTC().Format(time.DateTime)
			fmt.Fprintf(out, "  version %s\t%s%s\n", version.Version, updated, mark)
			mark = ""
		}
	}
	fmt.Fprintln(out)
	for credentials, err := range db.Credentials(ctx, sub) {
		if err != nil {
			return err
		}
		user, err := db.GetUser(ctx, credentials.PublicKey)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "credentials %s\tpublic key %s\tfound by it: %s\n", credentials.ID, credentials.PublicKey, user.Sub)
	}
	return nil
}

// count prints how much each user has stored.
func count(ctx context.Context, db packagedb.Database, out io.Writer) error {
	fmt.Fprint(out, "USER\tSPECS\tMODELS\tCREDENTIALS\n")
	for _, sub := range users {
		specs, err := db.ListSpecs(ctx, sub)
		if err != nil {
			return err
		}
		models, err := db.CountCustomerModels(ctx, sub)
		if err != nil {
			return err
		}
		credentials, err := db.ListCredentials(ctx, sub)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", sub, number(len(specs)), number(models), number(len(credentials)))
	}
	return nil
}

func number(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}
