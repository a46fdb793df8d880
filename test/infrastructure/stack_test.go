package infrastructure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// template is template.yaml with its conditions evaluated and its references replaced.
type template struct {
	AWSTemplateFormatVersion, Description string

	Parameters map[string]struct {
		Type, Default, MinValue, AllowedPattern, ConstraintDescription, Description string
	}
	Conditions map[string]bool
	Resources  map[string]resource
	Outputs    map[string]struct{ Description, Value string }
}

type resource struct {
	Type, DependsOn, DeletionPolicy, UpdateReplacePolicy string

	Properties json.RawMessage
}

// readTemplate returns the template with these parameters, and the defaults of the others. The test
// fails if the template has a field that these types lack.
func readTemplate(tb testing.TB, parameters map[string]string) template {
	tb.Helper()
	text, err := os.ReadFile("../../infrastructure/template.yaml")
	require.NoError(tb, err)
	return parseTemplate(tb, text, parameters)
}

func parseTemplate(tb testing.TB, text []byte, parameters map[string]string) template {
	tb.Helper()
	var document yaml.Node
	require.NoError(tb, yaml.Unmarshal(text, &document))
	s := stack{tb: tb, root: document.Content[0], parameters: parameters}
	asJSON, err := json.Marshal(s.resolve(s.root))
	require.NoError(tb, err)
	var t template
	decodeStrictly(tb, asJSON, &t)
	return t
}

func decodeStrictly(tb testing.TB, text []byte, into any) {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(tb, decoder.Decode(into), "%s", text)
}

// stack resolves the functions of a template as CloudFormation does, to made-up ARNs. The test fails
// if one of them is unknown, or refers to something that is.
type stack struct {
	tb         testing.TB
	root       *yaml.Node
	parameters map[string]string
}

// noValue is what AWS::NoValue resolves to: it removes the property or the element that has it.
type noValue struct{}

func (s stack) resolve(node *yaml.Node) any {
	s.tb.Helper()
	switch node.Tag {
	case "!Ref":
		return s.ref(node.Value)
	case "!GetAtt":
		return s.arn(node.Value)
	case "!Sub":
		return s.substitute(node.Value)
	case "!Condition":
		return s.condition(node.Value)
	case "!If":
		if s.condition(node.Content[0].Value) == true {
			return s.resolve(node.Content[1])
		}
		return s.resolve(node.Content[2])
	case "!Not":
		return s.resolve(node.Content[0]) == false
	case "!Or":
		return s.resolve(node.Content[0]) == true || s.resolve(node.Content[1]) == true
	case "!Equals":
		return fmt.Sprint(s.resolve(node.Content[0])) == fmt.Sprint(s.resolve(node.Content[1]))
	}
	require.True(s.tb, strings.HasPrefix(node.Tag, "!!"), "line %d: unknown function %s", node.Line, node.Tag)
	switch node.Kind {
	case yaml.MappingNode:
		return s.mapping(node)
	case yaml.SequenceNode:
		return s.sequence(node)
	default:
		var scalar any
		require.NoError(s.tb, node.Decode(&scalar))
		return scalar
	}
}

func (s stack) mapping(node *yaml.Node) any {
	mapping := map[string]any{}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		if key == "Default" || key == "MinValue" { // a number or a text
			mapping[key] = value.Value
		} else if resolved := s.resolve(value); resolved != (noValue{}) {
			mapping[key] = resolved
		}
	}
	return mapping
}

func (s stack) sequence(node *yaml.Node) any {
	sequence := []any{}
	for _, element := range node.Content {
		if value := s.resolve(element); value != (noValue{}) {
			sequence = append(sequence, value)
		}
	}
	return sequence
}

func (s stack) condition(name string) any {
	node := at(s.root, "Conditions", name)
	require.NotNil(s.tb, node, "there is no condition %q", name)
	return s.resolve(node)
}

// ref returns the value of a parameter or the ARN of a policy.
func (s stack) ref(name string) any {
	switch name {
	case "AWS::NoValue":
		return noValue{}
	case "AWS::Region":
		return "us-east-1"
	}
	if parameter := at(s.root, "Parameters", name); parameter != nil {
		value, ok := s.parameters[name]
		if !ok {
			value = at(parameter, "Default").Value
		}
		if at(parameter, "Type").Value == "Number" {
			return json.Number(value)
		}
		return value
	}
	kind := at(s.root, "Resources", name, "Type")
	require.True(s.tb, kind != nil && kind.Value == "AWS::IAM::ManagedPolicy",
		"!Ref of %q, which is neither a parameter nor a policy", name)
	return policyARN(name)
}

// arn returns the ARN of a table.
func (s stack) arn(attribute string) string {
	resource, isARN := strings.CutSuffix(attribute, ".Arn")
	table := at(s.root, "Resources", resource, "Properties", "TableName")
	require.True(s.tb, isARN && table != nil, "%q is not the ARN of a table", attribute)
	return tableARN(fmt.Sprint(s.resolve(table)))
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

func (s stack) substitute(text string) string {
	return variable.ReplaceAllStringFunc(text, func(match string) string {
		name := variable.FindStringSubmatch(match)[1]
		if strings.Contains(name, ".") {
			return s.arn(name)
		}
		return fmt.Sprint(s.ref(name))
	})
}

// at returns the node under the keys, or nil.
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
