package documents

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

var operationName = regexp.MustCompile("`([A-Z][A-Za-z]+)`[,.]")

// TestTesting_ListsTheOperations compares the lists of the guide with the engine and with the SDK.
func TestTesting_ListsTheOperations(t *testing.T) {
	guide := string(read(t, "docs/testing.md"))
	_, guide, _ = strings.Cut(guide, "## What the engine has\n")
	has, guide, _ := strings.Cut(guide, "## What it has not\n")
	lacks, _, _ := strings.Cut(guide, "## ")
	assert.Equal(t, engine.Operations(), matches(operationName, []byte(has)))

	var others []string
	client := reflect.TypeFor[*dynamodb.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; name != "Options" && !slices.Contains(engine.Operations(), name) {
			others = append(others, name)
		}
	}
	assert.Equal(t, others, matches(operationName, []byte(lacks)))
}
