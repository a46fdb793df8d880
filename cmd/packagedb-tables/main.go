// Packagedb-tables checks, creates or prints the tables of packagedb.
//
//	go run github.com/open-alchemy/packagedb/cmd/packagedb-tables@latest check
//
// Usage:
//
//	packagedb-tables [-specs table] [-credentials table] check|create|print aws-cli|print terraform
//
// The commands are:
//
//	check
//		Compare the tables with what packagedb needs, and print a line for every difference. Print
//		how many hashes in a sample of the credentials are hex text, base64 text or neither, and
//		whether packagedb.WithPythonFacade is needed, as far as that shows. Changes nothing.
//	create
//		Create the tables that are missing, wait until they are active, and check them. It is for
//		engines other than AWS, such as DynamoDB Local and ScyllaDB Alternator; on AWS, deploy
//		infrastructure/template.yaml or what print prints.
//	print aws-cli
//		Print aws dynamodb create-table commands with their JSON. Calls nothing.
//	print terraform
//		Print aws_dynamodb_table resources. Calls nothing.
//
// The tables are those of the client of packagedb.Get. With STAGE=TEST that is the server at
// http://localhost:8000, or where AWS_ENDPOINT_URL_DYNAMODB says. With STAGE=PROD, or without STAGE,
// region, credentials and endpoint come from the AWS SDK's default chain.
//
// The flags are:
//
//	-specs table
//		The name of the table of the specs, package.specs by default.
//	-credentials table
//		The name of the table of the credentials, package.credentials by default.
//	-version
//		Print the version and exit.
//
// The exit status is 0 if the tables match or were printed, 1 if they do not match, cannot be reached, or
// the output cannot be written, and 2 for wrong arguments.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/command"
)

const usage = `usage: packagedb-tables [-specs table] [-credentials table] command

The commands are:
  check            compare the tables with what packagedb needs, and print the form of a sample of
                   the credentials; changes nothing
  create           make the tables that are missing, and check them; for engines other than AWS
  print aws-cli    print commands of the AWS CLI that create the tables
  print terraform  print the tables as Terraform resources
CloudFormation is in infrastructure/template.yaml. With STAGE=TEST the server is the one at
http://localhost:8000 or at AWS_ENDPOINT_URL_DYNAMODB; with STAGE=PROD, or without STAGE, it is what the
AWS SDK's default chain finds.

The exit status is 0 if the tables match or were printed, 1 if they do not match, cannot be reached, or
the output cannot be written, and 2 for wrong arguments. The flags are:
`

func main() { command.Main(run) }

// run returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	defaults := packagedb.Tables()
	flags := flag.NewFlagSet("packagedb-tables", flag.ContinueOnError)
	specs := flags.String("specs", *defaults[0].TableName, "the name of the specs `table`")
	credentialsTable := flags.String("credentials", *defaults[1].TableName, "the name of the credentials `table`")
	if status, done := command.Parse(flags, usage, args, stdout, stderr); done {
		return status
	}
	names := packagedb.WithTableNames(*specs, *credentialsTable)
	var err error
	switch action := strings.Join(flags.Args(), " "); action {
	case "check", "create":
		err = onServer(ctx, action, names, stdout)
	case "print aws-cli", "print terraform":
		err = printTables(stdout, flags.Arg(1), names)
	default:
		fmt.Fprintf(stderr, "packagedb-tables: no command %q\n", action)
		flags.Usage()
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// onServer creates the tables, if that is the action, and checks them.
func onServer(ctx context.Context, action string, names packagedb.Option, stdout io.Writer) error {
	client, err := newClient()
	if err != nil {
		return err
	}
	if action == "create" {
		if err := packagedb.CreateTables(ctx, client, names); err != nil {
			return err
		}
	}
	if err := packagedb.CheckTables(ctx, client, names); err != nil {
		return err
	}
	tables := packagedb.Tables(names)
	fmt.Fprintf(stdout, "the tables %s and %s match\n", *tables[0].TableName, *tables[1].TableName)
	if action == "check" {
		sampleCredentials(ctx, client, *tables[1].TableName, stdout)
		return ctx.Err()
	}
	return nil
}

// newClient returns the client of Get. Without STAGE it is that of STAGE=PROD.
func newClient() (*dynamodb.Client, error) {
	if os.Getenv("STAGE") == "" {
		if err := os.Setenv("STAGE", "PROD"); err != nil {
			return nil, err
		}
	}
	return packagedb.GetClient()
}
