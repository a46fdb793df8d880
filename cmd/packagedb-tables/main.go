// Packagedb-tables compares the live tables with what packagedb needs, or creates them.
//
//	go run github.com/open-alchemy/packagedb/cmd/packagedb-tables@latest check
//
// Usage:
//
//	packagedb-tables [-specs table] [-credentials table] check|create
//
// Check prints a line for every difference and changes nothing. Create is for engines that know no
// CloudFormation, such as DynamoDB Local and ScyllaDB Alternator: it creates the tables that are
// missing and waits until both are active. On AWS, deploy the CloudFormation template instead.
//
// Region, credentials and endpoint come from the AWS SDK's default chain, whatever STAGE says. Another
// engine needs an endpoint, and a region and credentials that may be made up:
//
//	AWS_ENDPOINT_URL_DYNAMODB=http://localhost:8000 AWS_REGION=us-east-1 \
//	AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test packagedb-tables check
//
// The flags are:
//
//	-specs table
//		The name of the table of the specs, package.specs by default.
//	-credentials table
//		The name of the table of the credentials, package.credentials by default.
//
// The exit status is 0 where the tables fit, 1 where they do not or cannot be reached, and 2 for
// wrong arguments.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	defaults := packagedb.Tables()
	flags := flag.NewFlagSet("packagedb-tables", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: packagedb-tables [-specs table] [-credentials table] check|create")
		flags.PrintDefaults()
	}
	specs := flags.String("specs", *defaults[0].TableName, "the `table` of the specs")
	credentials := flags.String("credentials", *defaults[1].TableName, "the `table` of the credentials")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() != 1 || flags.Arg(0) != "check" && flags.Arg(0) != "create":
		flags.Usage()
		return 2
	}
	if err := work(ctx, flags.Arg(0), *specs, *credentials); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	fmt.Fprintf(stdout, "the tables %s and %s are as packagedb needs them\n", *specs, *credentials)
	return 0
}

// work creates the tables, if that is the command, and checks them.
func work(ctx context.Context, command, specs, credentials string) error {
	configuration, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	if configuration.Region == "" {
		return errors.New("packagedb-tables: no region: set AWS_REGION, or region in the profile")
	}
	client := dynamodb.NewFromConfig(configuration)
	names := packagedb.WithTableNames(specs, credentials)
	if command == "create" {
		if err := packagedb.CreateTables(ctx, client, names); err != nil {
			return err
		}
	}
	return packagedb.CheckTables(ctx, client, names)
}
