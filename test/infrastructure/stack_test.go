package infrastructure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
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
	s := stack{tb: tb, values: parameters}
	require.NoError(tb, yaml.Unmarshal(text, &s))
	var document yaml.Node
	require.NoError(tb, yaml.Unmarshal(text, &document))
	asJSON, err := json.Marshal(s.resolve(document.Content[0]))
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
	tb     testing.TB
	values map[string]string // of parameters

	Parameters map[string]struct {
		Type    string `yaml:"Type"`
		Default string `yaml:"Default"`
	} `yaml:"Parameters"`
	Conditions map[string]yaml.Node `yaml:"Conditions"`
	Resources  map[string]struct {
		Type       string `yaml:"Type"`
		Properties struct {
			TableName yaml.Node `yaml:"TableName"`
		} `yaml:"Properties"`
	} `yaml:"Resources"`
}

// noValue is what AWS::NoValue resolves to: it removes the property or the element that has it.
type noValue struct{}

func (s stack) resolve(node *yaml.Node) any {
	s.tb.Helper()
	if node.Kind == yaml.MappingNode {
		return s.mapping(node)
	}
	elements := []any{}
	for _, element := range node.Content {
		elements = append(elements, s.resolve(element))
	}
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
		if s.condition(node.Content[0].Value) {
			return elements[1]
		}
		return elements[2]
	case "!Not":
		return elements[0] == false
	case "!Or":
		return slices.Contains(elements, any(true))
	case "!Equals":
		return fmt.Sprint(elements[0]) == fmt.Sprint(elements[1])
	case "!!seq":
		return slices.DeleteFunc(elements, func(element any) bool { return element == noValue{} })
	}
	require.True(s.tb, strings.HasPrefix(node.Tag, "!!"), "line %d: unknown function %s", node.Line, node.Tag)
	var scalar any
	require.NoError(s.tb, node.Decode(&scalar))
	return scalar
}

func (s stack) mapping(node *yaml.Node) any {
	mapping := map[string]any{}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		if key == "Default" || key == "MinValue" { // a number or a string
			mapping[key] = value.Value
		} else if resolved := s.resolve(value); resolved != (noValue{}) {
			mapping[key] = resolved
		}
	}
	return mapping
}

func (s stack) condition(name string) bool {
	require.Contains(s.tb, s.Conditions, name)
	node := s.Conditions[name]
	return s.resolve(&node) == true
}

// ref returns the value of a parameter or the ARN of a policy.
func (s stack) ref(name string) any {
	switch name {
	case "AWS::NoValue":
		return noValue{}
	case "AWS::Region":
		return "us-east-1"
	}
	if parameter, ok := s.Parameters[name]; ok {
		value, ok := s.values[name]
		if !ok {
			value = parameter.Default
		}
		if parameter.Type == "Number" {
			return json.Number(value)
		}
		return value
	}
	require.Equal(s.tb, "AWS::IAM::ManagedPolicy", s.Resources[name].Type, "!Ref of %q", name)
	return policyARN(name)
}

// arn returns the ARN of a table.
func (s stack) arn(attribute string) string {
	resource, isARN := strings.CutSuffix(attribute, ".Arn")
	table := s.Resources[resource].Properties.TableName
	require.True(s.tb, isARN && !table.IsZero(), "%q is not the ARN of a table", attribute)
	return tableARN(fmt.Sprint(s.resolve(&table)))
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

func tableARN(name string) string  { return "arn:aws:dynamodb:us-east-1:123456789012:table/" + name }
func policyARN(name string) string { return "arn:aws:iam::123456789012:policy/" + name }
