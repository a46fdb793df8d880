package engine_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// definition builds the body of a CreateTable from parts that differ from a
// valid one.
func definition(parts map[string]string) string {
	fields := map[string]string{
		"TableName":            `"things"`,
		"BillingMode":          `"PAY_PER_REQUEST"`,
		"AttributeDefinitions": attributes("a", "b"),
		"KeySchema":            schema("a", "b"),
	}
	maps.Copy(fields, parts)
	var members []string
	for name, value := range fields {
		if value != "" {
			members = append(members, fmt.Sprintf("%q:%s", name, value))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func attributes(names ...string) string {
	var list []string
	for _, name := range names {
		list = append(list, fmt.Sprintf(`{"AttributeName":%q,"AttributeType":"S"}`, name))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// schema returns a key of one partition key and then sort keys.
func schema(names ...string) string {
	return strings.Replace(keyed("RANGE", names...), "RANGE", "HASH", 1)
}

// keyed returns a key of attributes of one type.
func keyed(kind string, names ...string) string {
	var list []string
	for _, name := range names {
		list = append(list, fmt.Sprintf(`{"AttributeName":%q,"KeyType":%q}`, name, kind))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func index(name, keys, projection string) string {
	return fmt.Sprintf(`{"IndexName":%q,"KeySchema":%s,"Projection":%s}`, name, keys, projection)
}

const all = `{"ProjectionType":"ALL"}`

func TestCreateTable_DefinitionsAreValidated(t *testing.T) {
	const invalid = "One or more parameter values were invalid: "
	const violation = "1 validation error detected: Value "
	many := func(n int, one func(i int) string) string {
		var list []string
		for i := range n {
			list = append(list, one(i))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	type parts = map[string]string
	for name, test := range map[string]struct {
		parts parts
		want  string
	}{
		"no throughput":                                   {parts{"BillingMode": ""}, invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
		"half a throughput":                               {parts{"BillingMode": "", "ProvisionedThroughput": `{"ReadCapacityUnits":1}`}, violation + "null at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must not be null"},
		"too much read capacity":                          {parts{"BillingMode": "", "ProvisionedThroughput": `{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":1}`}, "Given value 1000000000001 for ReadCapacityUnits is out of bounds"},
		"no attribute definitions":                        {parts{"AttributeDefinitions": ""}, violation + "null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null"},
		"an attribute defined twice":                      {parts{"AttributeDefinitions": attributes("a", "b", "b")}, invalid + "Duplicate AttributeName: b"},
		"too many definitions":                            {parts{"AttributeDefinitions": attributes("a", "b", "c")}, invalid + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
		"a definition that no index uses":                 {parts{"AttributeDefinitions": attributes("a", "b", "c"), "GlobalSecondaryIndexes": "[" + index("one", schema("b"), all) + "]"}, invalid + "Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]"},
		"no key schema":                                   {parts{"KeySchema": ""}, violation + "null at 'keySchema' failed to satisfy constraint: Member must not be null"},
		"one attribute as both keys":                      {parts{"KeySchema": schema("a", "a")}, "Both the Hash Key and the Range Key element in the KeySchema have the same name"},
		"a sort key first":                                {parts{"KeySchema": `[{"AttributeName":"a","KeyType":"RANGE"},{"AttributeName":"b","KeyType":"HASH"}]`}, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
		"an empty list of local indexes":                  {parts{"LocalSecondaryIndexes": "[]"}, invalid + "List of LocalSecondaryIndexes is empty"},
		"an empty list of global indexes":                 {parts{"GlobalSecondaryIndexes": "[]"}, invalid + "List of GlobalSecondaryIndexes is empty"},
		"a local index without a table sort key":          {parts{"KeySchema": schema("a"), "LocalSecondaryIndexes": "[" + index("one", schema("a", "b"), all) + "]"}, invalid + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"},
		"a local index without a sort key":                {parts{"LocalSecondaryIndexes": "[" + index("one", schema("a"), all) + "]"}, invalid + "Index KeySchema does not have a range key for index: one"},
		"a local index of another partition key":          {parts{"LocalSecondaryIndexes": "[" + index("one", schema("b", "a"), all) + "]"}, invalid + "Index KeySchema does not have the same leading hash key as table KeySchema for index: one. index hash key: b, table hash key: a"},
		"six local indexes":                               {parts{"LocalSecondaryIndexes": many(6, func(i int) string { return index(fmt.Sprint("index", i), schema("a", "b"), all) })}, invalid + "Number of LocalSecondaryIndexes exceeds per-table limit of 5"},
		"21 global indexes":                               {parts{"GlobalSecondaryIndexes": many(21, func(i int) string { return index(fmt.Sprint("index", i), schema("b"), all) })}, invalid + "GlobalSecondaryIndex count exceeds the per-table limit of 20"},
		"an index with five partition keys":               {parts{"AttributeDefinitions": attributes("a", "b", "c", "d", "e"), "GlobalSecondaryIndexes": "[" + index("one", keyed("HASH", "a", "b", "c", "d", "e"), all) + "]"}, invalid + "The KeySchema exceeds the maximum allowed number of HASH key attributes"},
		"an index with five sort keys":                    {parts{"AttributeDefinitions": attributes("a", "b", "c", "d", "e", "f"), "GlobalSecondaryIndexes": "[" + index("one", schema("a", "b", "c", "d", "e", "f"), all) + "]"}, invalid + "The KeySchema exceeds the maximum allowed number of RANGE key attributes"},
		"an index with a sort key before a partition key": {parts{"AttributeDefinitions": attributes("a", "b", "c"), "GlobalSecondaryIndexes": "[" + index("one", `[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"},{"AttributeName":"c","KeyType":"HASH"}]`, all) + "]"}, invalid + "All HASH key attributes must precede RANGE key attributes in the KeySchema"},
		"an index with one attribute in both keys":        {parts{"GlobalSecondaryIndexes": "[" + index("one", schema("a", "b", "a"), all) + "]"}, "The KeySchema contains multiple key attributes with the same name"},
		"a table with two partition keys":                 {parts{"KeySchema": keyed("HASH", "a", "b")}, "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"},
		"an index with a short name":                      {parts{"GlobalSecondaryIndexes": "[" + index("x", schema("b"), all) + "]"}, violation + "'x' at 'globalSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
		"an index without a projection type":              {parts{"GlobalSecondaryIndexes": "[" + index("one", schema("b"), "{}") + "]"}, invalid + "Unknown ProjectionType: null"},
		"an unknown projection type":                      {parts{"GlobalSecondaryIndexes": "[" + index("one", schema("b"), `{"ProjectionType":"SOME"}`) + "]"}, violation + "'SOME' at 'globalSecondaryIndexes.1.member.projection.projectionType' failed to satisfy constraint: Member must satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]"},
		"attributes beside ALL":                           {parts{"GlobalSecondaryIndexes": "[" + index("one", schema("b"), `{"ProjectionType":"ALL","NonKeyAttributes":["x"]}`) + "]"}, invalid + "ProjectionType is ALL, but NonKeyAttributes is specified"},
		"INCLUDE without attributes":                      {parts{"GlobalSecondaryIndexes": "[" + index("one", schema("b"), `{"ProjectionType":"INCLUDE"}`) + "]"}, invalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
		"an included attribute without a name":            {parts{"GlobalSecondaryIndexes": "[" + index("one", schema("b"), `{"ProjectionType":"INCLUDE","NonKeyAttributes":["x",""]}`) + "]"}, violation + "'[x, ]' at 'globalSecondaryIndexes.1.member.projection.nonKeyAttributes' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1]"},
		"an attribute included twice":                     {parts{"GlobalSecondaryIndexes": "[" + index("one", schema("b"), `{"ProjectionType":"INCLUDE","NonKeyAttributes":["x","x"]}`) + "]"}, invalid + "Duplicate attribute name in NonKeyAttributes: x"},
		"over 100 included attributes": {parts{"GlobalSecondaryIndexes": many(6, func(i int) string {
			return index(fmt.Sprint("index", i), schema("b"), `{"ProjectionType":"INCLUDE","NonKeyAttributes":`+many(20, func(k int) string { return fmt.Sprintf(`"x%d"`, k) })+`}`)
		})}, invalid + "Number of projected attributes 120 exceeds the per-table limit of 100"},
		"throughput of an index on demand":            {parts{"GlobalSecondaryIndexes": `[{"IndexName":"one","KeySchema":` + schema("b") + `,"Projection":{"ProjectionType":"ALL"},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}]`}, invalid + "ProvisionedThroughput should not be specified for index: one when BillingMode is PAY_PER_REQUEST"},
		"an unknown table class":                      {parts{"TableClass": `"CHEAP"`}, violation + "'CHEAP' at 'tableClass' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, STANDARD_INFREQUENT_ACCESS]"},
		"half a stream":                               {parts{"StreamSpecification": `{}`}, violation + "null at 'streamSpecification.streamEnabled' failed to satisfy constraint: Member must not be null"},
		"a stream without view type":                  {parts{"StreamSpecification": `{"StreamEnabled":true}`}, invalid + "Table is being created with a stream enabled, UpdateViewType is required"},
		"a view type without stream":                  {parts{"StreamSpecification": `{"StreamEnabled":false,"StreamViewType":"NEW_IMAGE"}`}, invalid + "Table is being created with a stream disabled, UpdateViewType should not be specified"},
		"an unknown view type":                        {parts{"StreamSpecification": `{"StreamEnabled":true,"StreamViewType":"new_image"}`}, violation + "'new_image' at 'streamSpecification.streamViewType' failed to satisfy constraint: Member must satisfy enum value set: [OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE]"},
		"a resource policy":                           {parts{"ResourcePolicy": `"{}"`}, "The parameter 'ResourcePolicy' is not supported by this engine"},
		"a key without encryption":                    {parts{"SSESpecification": `{"Enabled":false,"KMSMasterKeyId":"k"}`}, invalid + "KMSMasterKeyId can not be specified if Enabled is false"},
		"a type without encryption":                   {parts{"SSESpecification": `{"SSEType":"KMS"}`}, invalid + "SSEType can not be specified if Enabled is false"},
		"an old type of encryption":                   {parts{"SSESpecification": `{"Enabled":true,"SSEType":"AES256"}`}, invalid + "SSEType AES256 is not supported"},
		"on-demand throughput of a provisioned table": {parts{"BillingMode": "", "ProvisionedThroughput": `{"ReadCapacityUnits":1,"WriteCapacityUnits":1}`, "OnDemandThroughput": `{"MaxReadRequestUnits":1}`}, invalid + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"},
		"a tag of the service":                        {parts{"Tags": `[{"Key":"aws:a","Value":"b"}]`}, "Tag Key cannot be prefixed with aws:, Key: aws:a"},
	} {
		t.Run(name, func(t *testing.T) {
			exception, message := refuse(t, engine.New(), "CreateTable", definition(test.parts))
			assert.Equal(t, "ValidationException", exception)
			assert.Equal(t, test.want, message)
		})
	}
	call(t, engine.New(), "CreateTable", definition(nil))
}
