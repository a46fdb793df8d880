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
	text, err := os.ReadFile("template.yaml")
	require.NoError(tb, err)
	return parseTemplate(tb, text, parameters)
}

func parseTemplate(tb testing.TB, text []byte, parameters map[string]string) template {
	tb.Helper()
	var document yaml.Node
	require.NoError(tb, yaml.Unmarshal(text, &document))
	s := stack{root: document.Content[0], parameters: parameters}
	resolved, err := s.resolve(s.root)
	require.NoError(tb, err)
	asJSON, err := json.Marshal(resolved)
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

// stack resolves the functions of a template as CloudFormation does, to made-up ARNs.
type stack struct {
	root       *yaml.Node
	parameters map[string]string
}

// noValue is what AWS::NoValue resolves to: it removes the property or the element that has it.
type noValue struct{}

func (s stack) resolve(node *yaml.Node) (any, error) {
	switch node.Tag {
	case "!Ref":
		return s.ref(node.Value)
	case "!GetAtt":
		return s.attribute(node.Value)
	case "!Sub":
		return s.substitute(node.Value)
	case "!Condition":
		return s.condition(node.Value)
	case "!If":
		return s.choose(node)
	case "!Not", "!Or", "!Equals":
		return s.compare(node)
	}
	switch {
	case strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!"):
		return nil, fmt.Errorf("line %d: unknown function %s", node.Line, node.Tag)
	case node.Kind == yaml.MappingNode:
		return s.mapping(node)
	case node.Kind == yaml.SequenceNode:
		return s.sequence(node)
	default:
		var scalar any
		err := node.Decode(&scalar)
		return scalar, err
	}
}

func (s stack) mapping(node *yaml.Node) (any, error) {
	mapping := map[string]any{}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i].Value
		if key == "Default" || key == "MinValue" { // a number or a text
			mapping[key] = node.Content[i+1].Value
			continue
		}
		value, err := s.resolve(node.Content[i+1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if value != (noValue{}) {
			mapping[key] = value
		}
	}
	return mapping, nil
}

func (s stack) sequence(node *yaml.Node) ([]any, error) {
	sequence := []any{}
	for _, element := range node.Content {
		value, err := s.resolve(element)
		if err != nil {
			return nil, err
		}
		if value != (noValue{}) {
			sequence = append(sequence, value)
		}
	}
	return sequence, nil
}

func (s stack) condition(name string) (any, error) {
	node := at(s.root, "Conditions", name)
	if node == nil {
		return nil, fmt.Errorf("there is no condition %q", name)
	}
	return s.resolve(node)
}

func (s stack) choose(node *yaml.Node) (any, error) {
	holds, err := s.condition(node.Content[0].Value)
	if err != nil {
		return nil, err
	}
	if holds == true {
		return s.resolve(node.Content[1])
	}
	return s.resolve(node.Content[2])
}

func (s stack) compare(node *yaml.Node) (any, error) {
	values, err := s.sequence(&yaml.Node{Kind: yaml.SequenceNode, Content: node.Content})
	if err != nil {
		return nil, err
	}
	switch node.Tag {
	case "!Not":
		return values[0] == false, nil
	case "!Or":
		return values[0] == true || values[1] == true, nil
	default:
		return fmt.Sprint(values[0]) == fmt.Sprint(values[1]), nil
	}
}

// ref returns the value of a parameter or the ARN of a policy.
func (s stack) ref(name string) (any, error) {
	switch name {
	case "AWS::NoValue":
		return noValue{}, nil
	case "AWS::Region":
		return "us-east-1", nil
	}
	if parameter := at(s.root, "Parameters", name); parameter != nil {
		value, ok := s.parameters[name]
		if !ok {
			value = at(parameter, "Default").Value
		}
		if at(parameter, "Type").Value == "Number" {
			return json.Number(value), nil
		}
		return value, nil
	}
	if kind := at(s.root, "Resources", name, "Type"); kind != nil && kind.Value == "AWS::IAM::ManagedPolicy" {
		return policyARN(name), nil
	}
	return nil, fmt.Errorf("!Ref of %q, which is neither a parameter nor a policy", name)
}

// attribute returns the ARN of a table.
func (s stack) attribute(name string) (any, error) {
	resource, isARN := strings.CutSuffix(name, ".Arn")
	table := at(s.root, "Resources", resource, "Properties", "TableName")
	if !isARN || table == nil {
		return nil, fmt.Errorf("%q is not the ARN of a table", name)
	}
	tableName, err := s.resolve(table)
	return tableARN(fmt.Sprint(tableName)), err
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

func (s stack) substitute(text string) (any, error) {
	var failed error
	substituted := variable.ReplaceAllStringFunc(text, func(match string) string {
		resolve, name := s.ref, variable.FindStringSubmatch(match)[1]
		if strings.Contains(name, ".") {
			resolve = s.attribute
		}
		value, err := resolve(name)
		if err != nil {
			failed = err
		}
		return fmt.Sprint(value)
	})
	return substituted, failed
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
