package testutil_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// In a test, t is its *testing.T.
func ExampleNew() {
	t := newExample()
	defer t.end()

	ctx := t.Context()
	db := testutil.New(t)
	_, err := db.CreateUpdateSpec(ctx, "sub", packagedb.SpecInput{Name: "pets", Version: "1.0.0", ModelCount: 2})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := db.GetSpec(ctx, "sub", "pets")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(spec.ID, spec.Version, spec.ModelCount)

	_, err = testutil.New(t).GetSpec(ctx, "sub", "pets")
	fmt.Println(errors.Is(err, packagedb.ErrNotFound))
	// Output:
	// pets 1.0.0 2
	// true
}

// With this in the package's tests, all of them share a server that Get finds:
//
//	func TestMain(m *testing.M) { testutil.Main(m) }
func ExampleMain() {
	ctx := context.Background()
	db, err := packagedb.Get()
	if err != nil {
		fmt.Println(err)
		return
	}
	sub := "sub of this test" // tests share the server; testutil.NewSub(t) gives each its own sub
	if _, err := db.CreateUpdateSpec(ctx, sub, testutil.Spec(1)); err != nil {
		fmt.Println(err)
		return
	}
	version, err := db.GetLatestSpecVersion(ctx, sub, "name 1")
	fmt.Println(version, err)
	fmt.Println(db.DeleteAll(ctx, sub))
	// Output:
	// version 1 <nil>
	// <nil>
}

// If a connection drops after the server did its work, the caller gets no response. The spec is still
// written once.
func ExampleDB_Inject() {
	t := newExample()
	defer t.end()

	ctx := t.Context()
	db := testutil.New(t)
	dropped := db.Inject(testutil.Fault{
		Kind:       testutil.DropAfter,
		Operations: []string{"TransactWriteItems", "PutItem"},
		Times:      1,
	})
	if _, err := db.CreateUpdateSpec(ctx, "sub", testutil.Spec(1)); err != nil {
		t.Fatal(err)
	}
	versions, err := db.ListSpecVersions(ctx, "sub", "name 1")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("dropped connections:", dropped.Count())
	fmt.Println("versions:", len(versions))
	// Output:
	// dropped connections: 1
	// versions: 1
}

// One request in ten is throttled, and always the same ones.
func ExampleDB_Inject_rate() {
	t := newExample()
	defer t.end()

	db := testutil.New(t)
	db.Inject(testutil.Fault{Kind: testutil.Throttle, Rate: 0.1, Seed: 1})
	for n := range 100 {
		if _, err := db.CreateUpdateSpec(t.Context(), "sub", testutil.Spec(n)); err != nil {
			t.Fatal(err)
		}
	}
	specs, err := db.ListSpecs(t.Context(), "sub")
	fmt.Println(len(specs), err)
	// Output: 100 <nil>
}

// A day passes at once.
func ExampleDB_FastForward() {
	t := newExample()
	defer t.end()

	db := testutil.New(t)
	first, err := db.CreateUpdateSpec(t.Context(), "sub", testutil.Spec(1))
	if err != nil {
		t.Fatal(err)
	}
	db.FastForward(24 * time.Hour)
	second, err := db.CreateUpdateSpec(t.Context(), "sub", testutil.Spec(1))
	if err != nil {
		t.Fatal(err)
	}
	apart := time.Duration(second.UpdatedAt-first.UpdatedAt) * time.Second
	fmt.Println(apart.Round(time.Minute))
	// Output: 24h0m0s
}

// The third write and all later ones are throttled, those of one table alone.
func ExampleDB_Inject_table() {
	t := newExample()
	defer t.end()

	db := testutil.New(t)
	db.Inject(testutil.Fault{
		Kind:       testutil.Throttle,
		Operations: []string{"PutItem"},
		Tables:     []string{"package.credentials"},
		Skip:       2,
	})
	for n := range 3 {
		err := db.CreateCredentials(t.Context(), "sub", testutil.Credentials(n))
		var throttled *types.ProvisionedThroughputExceededException
		fmt.Println(errors.As(err, &throttled))
	}
	// Output:
	// false
	// false
	// true
}

func ExampleSpec() {
	spec := testutil.Spec(1)
	spec.Version = "1.0.0" // what this test is about
	fmt.Printf("%+v\n", spec)
	// Output: {Name:name 1 Version:1.0.0 ModelCount:1 Title:title 1 Description:description 1}
}

func ExampleCredentials() {
	fmt.Println(testutil.Credentials(1).PublicKey, "and", testutil.Credentials(2).PublicKey)
	// Output: public key 1 and public key 2
}

// example stands for the *testing.T of a test.
type example struct {
	testing.TB
	ctx      context.Context
	cleanups []func()
}

func newExample() *example { return &example{ctx: context.Background()} }

func (e *example) Helper()                  {}
func (e *example) Context() context.Context { return e.ctx }
func (e *example) Cleanup(cleanup func())   { e.cleanups = append(e.cleanups, cleanup) }
func (e *example) Fatal(args ...any)        { panic(fmt.Sprint(args...)) }
func (e *example) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

func (e *example) end() {
	for _, cleanup := range slices.Backward(e.cleanups) {
		cleanup()
	}
}
