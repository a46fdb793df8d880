package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

// A service asks for the database of its stage, as often as it likes.
func ExampleGet() {
	_ = os.Unsetenv("STAGE")
	_, err := packagedb.Get()
	fmt.Println(errors.Is(err, packagedb.ErrInvalidStage))

	defer func() { _ = os.Unsetenv("STAGE") }()
	_ = os.Setenv("STAGE", "TEST") // an engine at http://localhost:8000
	db, err := packagedb.Get()
	fmt.Println(db != nil, err)
	again, _ := packagedb.Get()
	fmt.Println(db == again)
	// Output:
	// true
	// true <nil>
	// true
}

// Any client will do: one with tracing, one of DAX, one for an engine that is not at AWS.
func ExampleNew() {
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String("http://localhost:8000"),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	db := packagedb.New(client,
		packagedb.WithTableNames("staging.specs", "staging.credentials"),
		packagedb.WithConsistentReads(),
	)
	_, err := db.GetSpec(context.Background(), "the user's sub", "") // refused before anything is sent
	fmt.Println(err)
	// Output:
	// packagedb: get spec "" in table staging.specs: invalid input: name is empty
}

// exampleDatabase is an empty database whose clock stands at the start of 2021. A test gets one
// from testutil.New.
func exampleDatabase(ctx context.Context) packagedb.Database {
	client := dynamodb.New(dynamodb.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  loopback.Client{Handler: engine.New()},
	})
	if err := packagedb.CreateTables(ctx, client); err != nil {
		log.Fatal(err)
	}
	newYear := time.Date(2021, time.January, 1, 0, 0, 0, 0, time.UTC)
	return packagedb.New(client, packagedb.WithClock(func() time.Time { return newYear }))
}

// A spec is created, listed, got and deleted.
func ExampleDatabase() {
	ctx := context.Background()
	db := exampleDatabase(ctx)
	const sub = "the user's sub"

	for _, version := range []string{"1.0.0", "1.1.0"} {
		_, err := db.CreateUpdateSpec(ctx, sub, packagedb.SpecInput{Name: "Pet_Store", Version: version, ModelCount: 2})
		if err != nil {
			log.Fatal(err)
		}
	}
	specs, err := db.ListSpecs(ctx, sub)
	if err != nil {
		log.Fatal(err)
	}
	for _, spec := range specs {
		fmt.Println(spec.ID, spec.Version, spec.ModelCount)
	}
	for version, err := range db.SpecVersions(ctx, sub, "pet-store", packagedb.Descending()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(version.Version, time.Unix(version.UpdatedAt, 0).UTC().Format(time.TimeOnly))
	}
	if err := db.DeleteSpec(ctx, sub, "PET.STORE"); err != nil {
		log.Fatal(err)
	}
	_, err = db.GetSpec(ctx, sub, "Pet_Store")
	fmt.Println(errors.Is(err, packagedb.ErrNotFound))
	// Output:
	// pet-store 1.1.0 2
	// 1.1.0 00:00:01
	// 1.0.0 00:00:00
	// true
}

// A public key finds the user who signs in with it, and what proves it.
func ExampleDatabase_getUser() {
	ctx := context.Background()
	db := exampleDatabase(ctx)
	err := db.CreateUpdateCredentials(ctx, "the user's sub", packagedb.CredentialsInput{
		ID: "default", PublicKey: "public key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	})
	if err != nil {
		log.Fatal(err)
	}
	user, err := db.GetUser(ctx, "public key")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.Sub, string(user.SecretKeyHash))
	fmt.Println(user)
	// Output:
	// the user's sub hash
	// {the user's sub default [redacted] [redacted]}
}
