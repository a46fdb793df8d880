package production

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/open-alchemy/packagedb"
)

func TestSpecsAreCreatedListedAndDeletedAllTogether(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	ctx := t.Context()
	// More than a BatchWriteItem takes, in an order other than that of their ids.
	const specs = 30
	for i := range specs {
		must(t, db.CreateUpdateSpec(ctx, sub, packagedb.SpecInput{
			Name: fmt.Sprintf("Spec_%02d", specs-1-i), Version: "1.0.0", ModelCount: i, Title: "Title", Description: "Description",
		}))
	}
	eventually(t, func() error {
		listed, err := db.ListSpecs(ctx, sub)
		if err != nil || len(listed) != specs {
			return unlike("%d specs are listed, want %d; the error is %v", len(listed), specs, err)
		}
		for i, spec := range listed {
			want := packagedb.SpecInfo{
				ID: fmt.Sprintf("spec-%02d", i), Name: fmt.Sprintf("Spec_%02d", i), UpdatedAt: spec.UpdatedAt,
				Version: "1.0.0", ModelCount: specs - 1 - i, Title: "Title", Description: "Description",
			}
			if spec != want || spec.UpdatedAt == 0 {
				return unlike("number %d is %+v, want %+v", i, spec, want)
			}
		}
		return nil
	})
	must(t, db.DeleteAllSpecs(ctx, sub))
	eventually(t, func() error {
		listed, err := db.ListSpecs(ctx, sub)
		if err != nil || listed == nil || len(listed) != 0 {
			return unlike("got %v, %v, want an empty list", listed, err)
		}
		return nil
	})
}

func TestTheLifeOfASpec(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	ctx := t.Context()
	// The second version follows at once, mostly in the second of the first.
	must(t, db.CreateUpdateSpec(ctx, sub, packagedb.SpecInput{Name: "Pets", Version: "1.0.0", ModelCount: 2}))
	must(t, db.CreateUpdateSpec(ctx, sub, packagedb.SpecInput{Name: "pets", Version: "1.1.0", ModelCount: 3, Title: "Pets"}))
	must(t, db.CreateUpdateSpec(ctx, sub, packagedb.SpecInput{Name: "pets#wild", Version: "0.1.0", ModelCount: 4}))

	eventually(t, func() error {
		if count, err := db.CountCustomerModels(ctx, sub); count != 3+4 || err != nil {
			return unlike("the count is %d, %v, want 7", count, err)
		}
		return nil
	})
	eventually(t, func() error {
		spec, err := db.GetSpec(ctx, sub, "PETS")
		if err != nil {
			return err
		}
		want := packagedb.SpecInfo{
			ID: "pets", Name: "pets", UpdatedAt: spec.UpdatedAt, Version: "1.1.0", ModelCount: 3, Title: "Pets",
		}
		if *spec != want {
			return unlike("the spec is %+v, want %+v", *spec, want)
		}
		return nil
	})
	eventually(t, func() error {
		if version, err := db.GetLatestSpecVersion(ctx, sub, "pets"); version != "1.1.0" || err != nil {
			return unlike("the latest version is %q, %v, want 1.1.0", version, err)
		}
		return nil
	})
	eventually(t, func() error { return hasHistory(t, db, sub, "pets", "1.0.0", "1.1.0") })

	must(t, db.DeleteSpec(ctx, sub, "Pets"))
	eventually(t, func() error {
		_, err := db.GetSpec(ctx, sub, "pets")
		return notFound(err)
	})
	eventually(t, func() error {
		_, err := db.ListSpecVersions(ctx, sub, "pets")
		return notFound(err)
	})
	// Its neighbour has nothing to do with it.
	eventually(t, func() error { return hasHistory(t, db, sub, "pets#wild", "0.1.0") })
}

// hasHistory is nil where the versions of a spec are these, dated one after the other.
func hasHistory(t *testing.T, db packagedb.Database, sub, name string, want ...string) error {
	t.Helper()
	history, err := db.ListSpecVersions(t.Context(), sub, name)
	if err != nil {
		return err
	}
	var got []string
	for i, version := range history {
		got = append(got, version.Version)
		if i > 0 && version.UpdatedAt <= history[i-1].UpdatedAt {
			return unlike("version %d of %s is dated %d after %d", i, name, version.UpdatedAt, history[i-1].UpdatedAt)
		}
	}
	if !slices.Equal(got, want) {
		return unlike("the versions of %s are %q, want %q", name, got, want)
	}
	return nil
}

// Transactions that meet at an item are canceled by the service and sent again by the library.
func TestNoVersionOfConcurrentWritersIsLost(t *testing.T) {
	t.Parallel()
	db, sub := open(t)
	const writers = 8
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			version := fmt.Sprint(i)
			if _, err := db.CreateUpdateSpec(t.Context(), sub, packagedb.SpecInput{Name: "pets", Version: version}); err != nil {
				t.Errorf("version %s: %v", version, err)
			}
		})
	}
	running.Wait()
	eventually(t, func() error {
		history, err := db.ListSpecVersions(t.Context(), sub, "pets")
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, version := range history {
			seen[version.Version] = true
		}
		if len(history) != writers || len(seen) != writers {
			return unlike("%d versions, %d of them different, want %d", len(history), len(seen), writers)
		}
		latest, err := db.GetSpec(t.Context(), sub, "pets")
		if err != nil {
			return err
		}
		if last := history[len(history)-1]; *latest != last {
			return unlike("the latest is %+v, the last of the history %+v", *latest, last)
		}
		return nil
	})
}
