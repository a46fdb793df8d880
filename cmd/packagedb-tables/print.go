package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/template"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
)

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// tables returns the tables for production. Their names need no quoting.
func tables(names packagedb.Option) ([]dynamodb.CreateTableInput, error) {
	tables := packagedb.Tables(names)
	for i := range tables {
		if name := *tables[i].TableName; !tableName.MatchString(name) {
			return nil, fmt.Errorf("packagedb-tables: table name %q: not 3 to 255 letters, digits, _, . and -", name)
		}
		tables[i].DeletionProtectionEnabled = aws.Bool(true)
	}
	return tables, nil
}

// printAWSCLI prints a command for each table.
func printAWSCLI(stdout io.Writer, names packagedb.Option) error {
	tables, err := tables(names)
	if err != nil {
		return err
	}
	for _, table := range tables {
		text, err := json.Marshal(table)
		if err != nil {
			return err
		}
		var members any
		if err := json.Unmarshal(text, &members); err != nil {
			return err
		}
		if text, err = json.MarshalIndent(withoutEmpty(members), "", "  "); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(stdout, "aws dynamodb create-table --cli-input-json '%s'\n", text); err != nil {
			return err
		}
	}
	return nil
}

// withoutEmpty removes the members that an input does not set.
func withoutEmpty(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if member == nil || member == "" {
				delete(value, name)
			} else {
				value[name] = withoutEmpty(member)
			}
		}
	case []any:
		for i := range value {
			value[i] = withoutEmpty(value[i])
		}
	}
	return value
}

var terraform = template.Must(template.New("terraform").Funcs(template.FuncMap{
	"resource": func(i int) string { return [...]string{"specs", "credentials"}[i] },
	"lower":    strings.ToLower,
}).Parse(`{{range $i, $table := .}}{{if $i}}
{{end}}resource "aws_dynamodb_table" "{{resource $i}}" {
  name                        = "{{.TableName}}"
  billing_mode                = "{{.BillingMode}}"
  deletion_protection_enabled = true
{{- range .KeySchema}}
  {{printf "%-27s" (print (lower (print .KeyType)) "_key")}} = "{{.AttributeName}}"
{{- end}}
{{range .AttributeDefinitions}}
  attribute {
    name = "{{.AttributeName}}"
    type = "{{.AttributeType}}"
  }
{{- end}}
{{range .LocalSecondaryIndexes}}
  local_secondary_index {
    name            = "{{.IndexName}}"
    range_key       = "{{(index .KeySchema 1).AttributeName}}"
    projection_type = "{{.Projection.ProjectionType}}"
  }
{{- end}}
{{- range .GlobalSecondaryIndexes}}
  global_secondary_index {
    name            = "{{.IndexName}}"
    hash_key        = "{{(index .KeySchema 0).AttributeName}}"
    projection_type = "{{.Projection.ProjectionType}}"
  }
{{- end}}

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
{{end}}`))

// printTerraform prints a resource for each table, set up as in infrastructure/template.yaml.
func printTerraform(stdout io.Writer, names packagedb.Option) error {
	tables, err := tables(names)
	if err != nil {
		return err
	}
	return terraform.Execute(stdout, tables)
}
