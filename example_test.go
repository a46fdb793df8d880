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
)

// A service gets the Database of its stage, on every request if it likes.
func ExampleGet() {
	_ = os.Unsetenv("STAGE")
	_, err := packagedb.Get()
	fmt.Println(errors.Is(err, packagedb.ErrInvalidStage))

	defer func() { _ = os.Unsetenv("STAGE") }()
	_ = os.Setenv("STAGE", "TEST") // a server at http://localhost:8000
	db, err := packagedb.Get()
	fmt.Println(db != nil, err)
	again, _ := packagedb.Get()
	fmt.Println(db == again)
	// Output:
	// true
	// true <nil>
	// true
}

// Any client will do: one with tracing, for DAX, or for an engine other than AWS.
func ExampleNew() {
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String("http://localhost:8000"),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}, packagedb.ClientOptions)
	db := packagedb.New(client,
		packagedb.WithTableNames("staging.specs", "staging.credentials"),
		packagedb.WithConsistentReads(),
	)
	_, err := db.GetSpec(context.Background(), "the user's sub", "") // rejected before anything is sent
	fmt.Println(err)
	// Output:
	// packagedb: GetSpec "" in table staging.specs: invalid input: name is empty
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

// A version is published once, whatever the spelling of the name.
func ExampleDatabase_createSpecVersion() {
	ctx := context.Background()
	db := exampleDatabase(ctx)
	for _, name := range []string{"Pet_Store", "pet-store"} {
		_, err := db.CreateSpecVersion(ctx, "the user's sub", packagedb.SpecInput{Name: name, Version: "1.0.0", ModelCount: 2})
		fmt.Println(errors.Is(err, packagedb.ErrExists))
	}
	// Output:
	// false
	// true
}

// The content of a spec is stored elsewhere, under the id of the spec.
func ExampleSpecID() {
	for _, name := range []string{"Pet_Store", "pet.store", "ΟΔΥΣΣΕΥΣ", ""} {
		fmt.Println(packagedb.SpecID(name))
	}
	// Output:
	// pet-store <nil>
	// pet-store <nil>
	// οδυσσευς <nil>
	//  packagedb: id of spec "": invalid input: name is empty
}

// A page of a list begins after the last result of the page before.
func ExampleAfter() {
	ctx := context.Background()
	db := exampleDatabase(ctx)
	for _, name := range []string{"birds", "cats", "dogs", "fish", "horses"} {
		if _, err := db.CreateUpdateSpec(ctx, "the user's sub", packagedb.SpecInput{Name: name, Version: "1"}); err != nil {
			log.Fatal(err)
		}
	}
	page := []packagedb.ListOption{packagedb.Limit(2)}
	for {
		specs, err := db.ListSpecs(ctx, "the user's sub", page...)
		if err != nil {
			log.Fatal(err)
		}
		for _, spec := range specs {
			fmt.Println(spec.ID)
		}
		fmt.Println("--")
		if len(specs) < 2 {
			break
		}
		page = []packagedb.ListOption{packagedb.Limit(2), packagedb.After(specs[1].ID)}
	}
	// Output:
	// birds
	// cats
	// --
	// dogs
	// fish
	// --
	// horses
	// --
}

// A public key finds the user who signs in with it.
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
