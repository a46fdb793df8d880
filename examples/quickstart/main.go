// Quickstart shows what packagedb does, on the embedded engine and with real input.
//
// It replays a recorded run of the Python facade, call by call, and prints what is then stored for
// one user, how the user is found by a public key, and what deleting leaves. It fails where a result
// differs from the recorded one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
	"github.com/open-alchemy/packagedb/internal/recording"
)

const sub = "google-oauth2|1067907796"

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	client := dynamodb.New(dynamodb.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  loopback.Client{Handler: engine.New()},
	})
	if err := packagedb.CreateTables(ctx, client); err != nil {
		return err
	}
	var clock recording.Clock
	db := packagedb.New(client, packagedb.WithClock(clock.Now), packagedb.WithPythonFacade())

	recorded, err := recording.PythonRun()
	if err != nil {
		return err
	}
	stored, deletes := recorded.Calls[:recorded.ItemsAfterCall], recorded.Calls[recorded.ItemsAfterCall:]
	if err := replay(ctx, db, &clock, stored); err != nil {
		return err
	}
	fmt.Fprintf(out, "Replayed %d recorded calls of the Python facade: every result is the same.\n\n", len(stored))
	if err := show(ctx, db, out); err != nil {
		return err
	}
	if err := replay(ctx, db, &clock, deletes); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nReplayed %d more, which delete: every result is the same. What they leave:\n\n", len(deletes))
	return show(ctx, db, out)
}

func replay(ctx context.Context, db packagedb.Database, clock *recording.Clock, calls []recording.Call) error {
	var differences []error
	for _, call := range calls {
		differences = append(differences, call.Replay(ctx, db, clock))
	}
	return errors.Join(differences...)
}

// show prints everything that is stored for the user.
func show(ctx context.Context, db packagedb.Database, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if err := errors.Join(showSpecs(ctx, db, table), showCredentials(ctx, db, table)); err != nil {
		return err
	}
	return table.Flush()
}

func showSpecs(ctx context.Context, db packagedb.Database, out io.Writer) error {
	specs, err := db.ListSpecs(ctx, sub)
	if err != nil {
		return err
	}
	models, err := db.CountCustomerModels(ctx, sub)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "User %s has %d specs with %d models in their latest versions.\n", sub, len(specs), models)
	for _, spec := range specs {
		fmt.Fprintf(out, "\n%s\tid %s\tmodels %d\t%s\n", spec.Name, spec.ID, spec.ModelCount, spec.Title)
		for version, err := range db.SpecVersions(ctx, sub, spec.Name, packagedb.Descending()) {
			if err != nil {
				return err
			}
			mark := ""
			if version == spec {
				mark = "latest"
			}
			fmt.Fprintf(out, "  version %s\t%s\t%s\n",
				version.Version, time.Unix(version.UpdatedAt, 0).UTC().Format(time.DateTime), mark)
		}
	}
	return nil
}

func showCredentials(ctx context.Context, db packagedb.Database, out io.Writer) error {
	fmt.Fprintf(out, "\nCredentials of %s:\n", sub)
	for credentials, err := range db.Credentials(ctx, sub) {
		if err != nil {
			return err
		}
		user, err := db.GetUser(ctx, credentials.PublicKey)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %s\tpublic key %s\tbelongs to %s\n", credentials.ID, credentials.PublicKey, user.Sub)
	}
	return nil
}
