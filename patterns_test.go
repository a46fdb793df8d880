package packagedb_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/open-alchemy/packagedb"
)

// patterns are all access patterns. What the original costs was measured against DynamoDB Local.
func patterns() []pattern {
	all := []pattern{
		{
			name: "create a spec", call: createSpec, dearer: atomicCreate,
			cost: cost{1, 6}, least: cost{1, 4}, original: cost{2, 4},
		},
		{
			name: "create a version of a spec", stored: history(2, itemBytes), call: createSpec, dearer: atomicCreate,
			cost: cost{1, 6}, least: cost{1, 4}, original: cost{2, 4},
		},
		single("get a spec", history(5, itemBytes), func(ctx context.Context, db packagedb.Database, sub string) error {
			_, err := db.GetSpec(ctx, sub, "pets")
			return err
		}),
		single("get the latest version of a spec", history(5, itemBytes), func(ctx context.Context, db packagedb.Database, sub string) error {
			_, err := db.GetLatestSpecVersion(ctx, sub, "pets")
			return err
		}),
		single("get a spec that is not there", nil, func(ctx context.Context, db packagedb.Database, sub string) error {
			_, err := db.GetSpec(ctx, sub, "pets")
			return unlessNotFound(err)
		}),
		single("list 4 versions", history(5, itemBytes), listVersions),
		read("list 51 specs", specs(51, itemBytes), listSpecs, cost{1, 2.5}, cost{1, 2.5}),
		read("count the models of 51 specs", specs(51, itemBytes), countModels, cost{1, 2.5}, cost{1, 2.5}),
		deletion("delete a spec with 4 versions", history(5, itemBytes), deleteSpec, cost{1, 0.5}, 1, 10, cost{2, 10.5}),
		deletion("delete all 247 items of specs", history(247, itemBytes), deleteAllSpecs, cost{1, 11}, 10, 494, cost{11, 505}),

		{
			name: "create credentials", call: createCredentials,
			cost: cost{1, 2}, least: cost{1, 2}, original: cost{1, 2},
		},
		single("get credentials", storedCredentials(1), func(ctx context.Context, db packagedb.Database, sub string) error {
			_, err := db.GetCredentials(ctx, sub, "000")
			return err
		}),
		single("get a user", storedCredentials(1), func(ctx context.Context, db packagedb.Database, sub string) error {
			_, err := db.GetUser(ctx, sub+"000")
			return err
		}),
		single("list credentials", storedCredentials(1), listCredentials),
		{
			name: "delete credentials", stored: storedCredentials(1), cost: cost{1, 2}, least: cost{1, 2}, original: cost{2, 2.5},
			call: func(ctx context.Context, db packagedb.Database, sub string) error {
				return db.DeleteCredentials(ctx, sub, "000")
			},
		},
		deletion("delete all of one credentials", storedCredentials(1), deleteAllCredentials, cost{1, 0.5}, 1, 2, cost{2, 2.5}),
	}
	for _, count := range []int{0, 1, 25, 26, 247} {
		all = append(all, sized(count)...)
	}
	return append(all, large()...)
}

// sized are the patterns over a number of items, which fit on a page.
func sized(count int) []pattern {
	reading := cost{1, readUnits(count * itemBytes)}
	batches, deleting := (count+24)/25, 2*float64(count)
	of := func(what string) string { return fmt.Sprintf("%s, %d stored", what, count) }
	versions := history(count+1, itemBytes)
	if count == 0 {
		versions = nil
	}
	all := []pattern{
		read(of("list specs"), specs(count, itemBytes), listSpecs, reading, cost{}),
		read(of("count models"), specs(count, itemBytes), countModels, reading, cost{}),
		read(of("list versions"), versions, listVersions, reading, cost{}),
		read(of("list credentials"), storedCredentials(count), listCredentials, reading, cost{}),
		deletion(of("delete a spec"), history(count, itemBytes), deleteSpec, reading, batches, deleting, cost{}),
		deletion(of("delete all specs"), history(count, itemBytes), deleteAllSpecs, reading, batches, deleting, cost{}),
		deletion(of("delete all credentials"), storedCredentials(count), deleteAllCredentials, reading, batches, deleting, cost{}),
	}
	for i := range all {
		all[i].empty = count == 0
	}
	return all
}

// large are the patterns over several pages of 1 MB. A number of items that fills whole pages is left
// out: servers differ in whether they then know that nothing follows.
func large() (all []pattern) {
	for _, count := range []int{11, 13} {
		of := func(what string) string { return fmt.Sprintf("%s, %d large ones stored", what, count) }
		reading := cost{pagesOf(count), largeReadUnits(count)}
		deleting := 2 * float64(count) * ((largeBytes + 1023) / 1024)
		all = append(all,
			read(of("list specs"), specs(count, largeBytes), listSpecs, reading, cost{}),
			read(of("count models"), specs(count, largeBytes), countModels, reading, cost{}),
			read(of("list versions"), history(count+1, largeBytes), listVersions, reading, cost{}),
			deletion(of("delete a spec"), history(count, largeBytes), deleteSpec, reading, 1, deleting, cost{}),
			deletion(of("delete all specs"), history(count, largeBytes), deleteAllSpecs, reading, 1, deleting, cost{}),
		)
	}
	for _, stop := range []struct{ items, pages int }{{1, 1}, {6, 1}, {7, 2}} {
		of := func(what string) string {
			return fmt.Sprintf("%s, stopped at item %d of 13 large ones", what, stop.items)
		}
		reading := cost{stop.pages, float64(stop.pages) * readUnits(6*largeBytes)}
		versions := func(order packagedb.Order) call {
			return func(ctx context.Context, db packagedb.Database, sub string) error {
				return take(db.SpecVersions(ctx, sub, "pets", order), stop.items)
			}
		}
		all = append(all,
			read(of("iterate over specs"), specs(13, largeBytes), func(ctx context.Context, db packagedb.Database, sub string) error {
				return take(db.Specs(ctx, sub), stop.items)
			}, reading, cost{}),
			read(of("iterate over the oldest versions"), history(14, largeBytes), versions(packagedb.OldestFirst), reading, cost{}),
			read(of("iterate over the newest versions"), history(14, largeBytes), versions(packagedb.NewestFirst), reading, cost{}),
		)
	}
	return all
}

type call = func(ctx context.Context, db packagedb.Database, sub string) error

// read is a pattern that only reads, at the least cost.
func read(name string, stored storing, call call, least, original cost) pattern {
	return pattern{name: name, stored: stored, call: call, cost: least, least: least, original: original}
}

// single is a pattern that reads no more than 4 KB with one request.
func single(name string, stored storing, call call) pattern {
	return read(name, stored, call, cost{1, 0.5}, cost{1, 0.5})
}

// deletion is a pattern that reads keys, strongly consistently, and deletes them.
func deletion(name string, stored storing, call call, reading cost, batches int, deleting float64, original cost) pattern {
	return pattern{
		name: name, stored: stored, call: call, dearer: consistentDelete, original: original,
		cost:  cost{reading.requests + batches, 2*reading.units + deleting},
		least: cost{reading.requests + batches, reading.units + deleting},
	}
}

func createSpec(ctx context.Context, db packagedb.Database, sub string) error {
	return db.CreateUpdateSpec(ctx, sub, packagedb.SpecInput{Name: "pets", Version: "2", ModelCount: 1})
}

func listSpecs(ctx context.Context, db packagedb.Database, sub string) error {
	_, err := db.ListSpecs(ctx, sub)
	return err
}

func countModels(ctx context.Context, db packagedb.Database, sub string) error {
	_, err := db.CountCustomerModels(ctx, sub)
	return err
}

func listVersions(ctx context.Context, db packagedb.Database, sub string) error {
	_, err := db.ListSpecVersions(ctx, sub, "pets")
	return unlessNotFound(err)
}

func deleteSpec(ctx context.Context, db packagedb.Database, sub string) error {
	return db.DeleteSpec(ctx, sub, "pets")
}

func deleteAllSpecs(ctx context.Context, db packagedb.Database, sub string) error {
	return db.DeleteAllSpecs(ctx, sub)
}

func createCredentials(ctx context.Context, db packagedb.Database, sub string) error {
	return db.CreateUpdateCredentials(ctx, sub, packagedb.CredentialsInput{
		ID: "000", PublicKey: sub, SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	})
}

func listCredentials(ctx context.Context, db packagedb.Database, sub string) error {
	_, err := db.ListCredentials(ctx, sub)
	return err
}

func deleteAllCredentials(ctx context.Context, db packagedb.Database, sub string) error {
	return db.DeleteAllCredentials(ctx, sub)
}

// take takes so many items of a sequence and stops.
func take[T any](sequence iter.Seq2[T, error], items int) error {
	for _, err := range sequence {
		if err != nil {
			return err
		}
		if items--; items == 0 {
			return nil
		}
	}
	return fmt.Errorf("the sequence ends %d items early", items)
}
