// Package infrastructure tests that template.yaml is the stack that packagedb needs.
package infrastructure

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// otherNames are parameters other than the defaults.
var otherNames = map[string]string{"SpecsTableName": "specs", "CredentialsTableName": "credentials"}

func TestTemplate_HasNothingButTablesPoliciesAndAlarms(t *testing.T) {
	t.Parallel()
	kinds := map[string]string{}
	for name, resource := range readTemplate(t, nil).Resources {
		kinds[name] = resource.Type
	}
	assert.Equal(t, map[string]string{
		"SpecsTable":                "AWS::DynamoDB::Table",
		"CredentialsTable":          "AWS::DynamoDB::Table",
		"DatabasePolicy":            "AWS::IAM::ManagedPolicy",
		"ReadPolicy":                "AWS::IAM::ManagedPolicy",
		"CheckPolicy":               "AWS::IAM::ManagedPolicy",
		"OperatorPolicy":            "AWS::IAM::ManagedPolicy",
		"ThrottledRequestsAlarm":    "AWS::CloudWatch::Alarm",
		"SystemErrorsAlarm":         "AWS::CloudWatch::Alarm",
		"TransactionConflictsAlarm": "AWS::CloudWatch::Alarm",
	}, kinds)
}

func TestTemplate_OutputsAreARNs(t *testing.T) {
	t.Parallel()
	outputs := map[string]string{}
	for name, output := range readTemplate(t, otherNames).Outputs {
		outputs[name] = output.Value
	}
	assert.Equal(t, map[string]string{
		"SpecsTableArn":       tableARN("specs"),
		"CredentialsTableArn": tableARN("credentials"),
		"DatabasePolicyArn":   policyARN("DatabasePolicy"),
		"ReadPolicyArn":       policyARN("ReadPolicy"),
		"CheckPolicyArn":      policyARN("CheckPolicy"),
		"OperatorPolicyArn":   policyARN("OperatorPolicy"),
	}, outputs)
}

// alarm has the properties of AWS::CloudWatch::Alarm that the template uses.
type alarm struct {
	AlarmDescription, Namespace, MetricName, Statistic, ComparisonOperator, TreatMissingData string

	Dimensions []struct{ Name, Value string }
	Metrics    []struct {
		ID, Expression string
		Period         int
		ReturnData     bool
	}
	Period, Threshold, EvaluationPeriods, DatapointsToAlarm int
	AlarmActions, OKActions                                 []string
}

func readAlarm(tb testing.TB, t template, name string) alarm {
	tb.Helper()
	var properties alarm
	decodeStrictly(tb, t.Resources[name].Properties, &properties)
	return properties
}

func TestTemplate_AlarmsNotifyTheTopicIfThereIsOne(t *testing.T) {
	t.Parallel()
	const topic = "arn:aws:sns:us-east-1:123456789012:alarms"
	for _, name := range []string{"ThrottledRequestsAlarm", "SystemErrorsAlarm", "TransactionConflictsAlarm"} {
		notifying := readAlarm(t, readTemplate(t, map[string]string{"AlarmTopicArn": topic}), name)
		assert.Equal(t, []string{topic}, notifying.AlarmActions, name)
		assert.Equal(t, []string{topic}, notifying.OKActions, name)
		assert.Empty(t, readAlarm(t, readTemplate(t, nil), name).AlarmActions, name)
	}
}

func TestTemplate_AlarmsWatchTheTablesOfTheStack(t *testing.T) {
	t.Parallel()
	stack := readTemplate(t, otherNames)
	for name, metric := range map[string]string{
		"ThrottledRequestsAlarm": "ThrottledRequests", "SystemErrorsAlarm": "SystemErrors",
	} {
		metrics := readAlarm(t, stack, name).Metrics
		require.Len(t, metrics, 1, name)
		assert.Equal(t, "SELECT SUM("+metric+`) FROM SCHEMA("AWS/DynamoDB", Operation, TableName) `+
			"WHERE TableName = 'specs' OR TableName = 'credentials'", metrics[0].Expression)
	}
	conflicts := readAlarm(t, stack, "TransactionConflictsAlarm")
	assert.Equal(t, "TransactionConflict", conflicts.MetricName)
	assert.Equal(t, []struct{ Name, Value string }{{"TableName", "specs"}}, conflicts.Dimensions)
}

// The operating guide cuts the template at this line to import existing tables. CloudFormation
// requires that it has only the imported resources, each with a DeletionPolicy, and no outputs.
func TestTemplate_TablesCanBeImportedAlone(t *testing.T) {
	t.Parallel()
	const marker = "# Everything from here on"
	text, err := os.ReadFile("../../infrastructure/template.yaml")
	require.NoError(t, err)
	head, _, found := strings.Cut(string(text), marker)
	require.True(t, found)
	imported := parseTemplate(t, []byte(head), nil)
	assert.Empty(t, imported.Outputs)
	require.Len(t, imported.Resources, 2)

	guide, err := os.ReadFile("../../docs/operating.md")
	require.NoError(t, err)
	assert.Contains(t, string(guide), "sed '/"+marker+"/,$d'")
	_, resources, found := strings.Cut(string(guide), "--resources-to-import '")
	require.True(t, found)
	resources, _, found = strings.Cut(resources, "'\n")
	require.True(t, found)
	var identifiers []struct {
		ResourceType, LogicalResourceID string
		ResourceIdentifier              struct{ TableName string }
	}
	require.NoError(t, json.Unmarshal([]byte(resources), &identifiers))
	require.Len(t, identifiers, 2)
	for _, identifier := range identifiers {
		resource, properties := readTable(t, imported, identifier.LogicalResourceID)
		assert.Equal(t, "Retain", resource.DeletionPolicy)
		assert.Equal(t, identifier.ResourceType, resource.Type)
		assert.Equal(t, identifier.ResourceIdentifier.TableName, *properties.TableName)
	}
}
