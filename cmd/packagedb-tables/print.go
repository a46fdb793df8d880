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

// printTables prints the tables for production, in one of the formats. Their names need no quoting.
func printTables(stdout io.Writer, format string, names packagedb.Option) error {
	tables := packagedb.Tables(names)
	for i := range tables {
		if name := *tables[i].TableName; !tableName.MatchString(name) {
			return fmt.Errorf("packagedb-tables: table name %q: not 3 to 255 letters, digits, _, . and -", name)
		}
		tables[i].DeletionProtectionEnabled = aws.Bool(true)
	}
	if *tables[0].TableName == *tables[1].TableName {
		return fmt.Errorf("packagedb-tables: both tables have the name %q", *tables[0].TableName)
	}
	return formats.ExecuteTemplate(stdout, format, tables)
}

// inputJSON returns an input in the form that the AWS CLI reads.
func inputJSON(input dynamodb.CreateTableInput) (string, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return "", err
	}
	var members any
	if err := json.Unmarshal(text, &members); err != nil {
		return "", err
	}
	text, err = json.MarshalIndent(withoutEmpty(members), "", "  ")
	return string(text), err
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

// formats are the templates of all formats. Terraform's is set up as infrastructure/template.yaml is.
var formats = template.Must(template.New("").Funcs(template.FuncMap{
	"json":     inputJSON,
	"resource": func(i int) string { return [...]string{"specs", "credentials"}[i] },
	"lower":    strings.ToLower,
}).Parse(`
{{- define "aws-cli"}}{{range .}}aws dynamodb create-table --cli-input-json '{{json .}}'
{{end}}{{end}}

{{- define "terraform"}}{{range $i, $table := .}}{{if $i}}
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
{{end}}{{end}}`))
