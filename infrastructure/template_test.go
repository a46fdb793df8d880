// Package infrastructure proves that template.yaml is the stack that packagedb needs.
package infrastructure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// template is template.yaml with its parameters filled in and its references followed.
type template struct {
	AWSTemplateFormatVersion, Description string

	Parameters map[string]struct {
		Type, Default, AllowedPattern, ConstraintDescription, Description string
	}
	Resources map[string]resource
	Outputs   map[string]struct{ Description, Value string }
}

type resource struct {
	Type, DeletionPolicy, UpdateReplacePolicy string

	Properties json.RawMessage
}

// readTemplate fails the test where the template holds a field that these types do not know.
func readTemplate(tb testing.TB, parameters map[string]string) template {
	tb.Helper()
	text, err := os.ReadFile("template.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		tb.Fatal(err)
	}
	s := stack{root: document.Content[0], parameters: parameters}
	resolved, err := s.resolve(s.root)
	if err != nil {
		tb.Fatal(err)
	}
	asJSON, err := json.Marshal(resolved)
	if err != nil {
		tb.Fatal(err)
	}
	var t template
	decodeStrictly(tb, asJSON, &t)
	return t
}

func decodeStrictly(tb testing.TB, text []byte, into any) {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		tb.Fatalf("%v in %s", err, text)
	}
}

// stack follows the references of a template as CloudFormation does, to made-up ARNs.
type stack struct {
	root       *yaml.Node
	parameters map[string]string
}

func (s stack) resolve(node *yaml.Node) (any, error) {
	switch node.Tag {
	case "!Ref":
		return s.ref(node.Value)
	case "!GetAtt":
		return s.attribute(node.Value)
	case "!Sub":
		return s.substitute(node.Value)
	}
	switch node.Kind {
	case yaml.MappingNode:
		mapping := map[string]any{}
		for i := 0; i < len(node.Content); i += 2 {
			value, err := s.resolve(node.Content[i+1])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", node.Content[i].Value, err)
			}
			mapping[node.Content[i].Value] = value
		}
		return mapping, nil
	case yaml.SequenceNode:
		sequence := []any{}
		for _, element := range node.Content {
			value, err := s.resolve(element)
			if err != nil {
				return nil, err
			}
			sequence = append(sequence, value)
		}
		return sequence, nil
	default:
		if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
			return nil, fmt.Errorf("line %d: unknown function %s", node.Line, node.Tag)
		}
		var scalar any
		err := node.Decode(&scalar)
		return scalar, err
	}
}

// ref is the value of a parameter or the ARN of a policy.
func (s stack) ref(name string) (string, error) {
	if value, ok := s.parameters[name]; ok {
		return value, nil
	}
	if parameter := at(s.root, "Parameters", name, "Default"); parameter != nil {
		return parameter.Value, nil
	}
	if kind := at(s.root, "Resources", name, "Type"); kind != nil && kind.Value == "AWS::IAM::ManagedPolicy" {
		return policyARN(name), nil
	}
	return "", fmt.Errorf("!Ref of %q, which is neither a parameter nor a policy", name)
}

// attribute is the ARN of a table.
func (s stack) attribute(name string) (string, error) {
	resource, isARN := strings.CutSuffix(name, ".Arn")
	table := at(s.root, "Resources", resource, "Properties", "TableName")
	if !isARN || table == nil {
		return "", fmt.Errorf("%q is not the ARN of a table", name)
	}
	tableName, err := s.resolve(table)
	if err != nil {
		return "", err
	}
	return tableARN(fmt.Sprint(tableName)), nil
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

func (s stack) substitute(text string) (string, error) {
	var failed error
	substituted := variable.ReplaceAllStringFunc(text, func(match string) string {
		value, err := s.attribute(variable.FindStringSubmatch(match)[1])
		if err != nil {
			failed = err
		}
		return value
	})
	return substituted, failed
}

// at is the node under the keys, or nil.
func at(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		var next *yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == key {
				next = node.Content[i+1]
			}
		}
		if next == nil {
			return nil
		}
		node = next
	}
	return node
}

func tableARN(name string) string  { return "arn:aws:dynamodb:us-east-1:123456789012:table/" + name }
func policyARN(name string) string { return "arn:aws:iam::123456789012:policy/" + name }

func TestTheTemplateHoldsTablesAndPoliciesAndNothingElse(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"SpecsTable":       "AWS::DynamoDB::Table",
		"CredentialsTable": "AWS::DynamoDB::Table",
		"DatabasePolicy":   "AWS::IAM::ManagedPolicy",
		"CheckPolicy":      "AWS::IAM::ManagedPolicy",
	}
	resources := readTemplate(t, nil).Resources
	for name, kind := range want {
		if resources[name].Type != kind {
			t.Errorf("%s is %q, want %s", name, resources[name].Type, kind)
		}
	}
	if len(resources) != len(want) {
		t.Errorf("%d resources, want %d", len(resources), len(want))
	}
}

func TestTheOutputsAreTheARNs(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"SpecsTableArn":       tableARN("specs"),
		"CredentialsTableArn": tableARN("credentials"),
		"DatabasePolicyArn":   policyARN("DatabasePolicy"),
		"CheckPolicyArn":      policyARN("CheckPolicy"),
	}
	outputs := readTemplate(t, otherNames).Outputs
	for name, arn := range want {
		if outputs[name].Value != arn {
			t.Errorf("%s is %q, want %q", name, outputs[name].Value, arn)
		}
	}
	if len(outputs) != len(want) {
		t.Errorf("%d outputs, want %d", len(outputs), len(want))
	}
}

// otherNames are parameters other than the defaults.
var otherNames = map[string]string{"SpecsTableName": "specs", "CredentialsTableName": "credentials"}
