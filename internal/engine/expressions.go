package engine

import (
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// expressionRules are the names of the expression and non-expression parameters that an operation
// accepts, in the order of the service's messages.
type expressionRules struct {
	expressions []string
	legacy      []string
}

var (
	writeRules  = expressionRules{[]string{"ConditionExpression"}, []string{"Expected", "ConditionalOperator"}}
	updateRules = expressionRules{
		[]string{"UpdateExpression", "ConditionExpression"},
		[]string{"AttributeUpdates", "Expected", "ConditionalOperator"},
	}
	getRules   = expressionRules{[]string{"ProjectionExpression"}, []string{"AttributesToGet"}}
	queryRules = expressionRules{
		[]string{"ProjectionExpression", "FilterExpression", "KeyConditionExpression"},
		[]string{"AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"},
	}
	scanRules = expressionRules{
		[]string{"ProjectionExpression", "FilterExpression"},
		[]string{"AttributesToGet", "ScanFilter", "ConditionalOperator"},
	}
)

// hasValues reports whether values can be used in one of the expressions.
func (r *expressionRules) hasValues() bool {
	return len(r.expressions) > 1 || r.expressions[0] != "ProjectionExpression"
}

// maxExpressions is the most expressions that an operation accepts.
const maxExpressions = 3

// expressionInput is the part of a request that holds expressions, or the legacy parameters that
// came before them. Parameters that the rules do not name are ignored like unknown ones.
type expressionInput struct {
	rules  *expressionRules
	texts  [maxExpressions]*string // in the order of rules.expressions
	names  map[string]string
	values itemParameter
	legacy legacyInput
	expressions
}

func (x *expressionInput) field(name string, value document) error {
	switch i := slices.Index(x.rules.expressions, name); {
	case i >= 0:
		return value.string(&x.texts[i])
	case slices.Contains(x.rules.legacy, name):
		return x.legacy.field(name, value)
	case name == "ExpressionAttributeNames":
		return value.stringMap(&x.names)
	case name == "ExpressionAttributeValues" && x.rules.hasValues():
		return value.item(&x.values)
	}
	return nil
}

// text returns the text of an expression, nil if the request has none.
func (x *expressionInput) text(parameter string) *string {
	if i := slices.Index(x.rules.expressions, parameter); i >= 0 {
		return x.texts[i]
	}
	return nil
}

// check rejects contradictory parameters, before any of them is parsed.
func (x *expressionInput) check() error {
	var present, absent, legacy []string
	for i, name := range x.rules.expressions {
		switch {
		case x.texts[i] != nil:
			present = append(present, name)
		case name != "ProjectionExpression":
			absent = append(absent, name)
		}
	}
	for _, name := range x.rules.legacy {
		// KeyConditions go together with every expression but their own.
		if slices.Contains(x.legacy.names, name) && (name != "KeyConditions" || x.text("KeyConditionExpression") != nil) {
			legacy = append(legacy, name)
		}
	}
	switch {
	case len(present) > 0 && len(legacy) > 0:
		return mixedParameters(legacy, present)
	case x.names != nil && len(present) == 0:
		return validation("ExpressionAttributeNames can only be specified when using expressions")
	case x.values.present && (len(present) == 0 || len(present) == 1 && present[0] == "ProjectionExpression"):
		return x.valuesWithoutExpression(absent)
	}
	return x.legacy.check()
}

// valuesWithoutExpression returns the error for values that none of the absent expressions can use.
// A single write does not name its expressions.
func (x *expressionInput) valuesWithoutExpression(absent []string) error {
	const message = "ExpressionAttributeValues can only be specified when using expressions"
	switch {
	case x.rules == &writeRules || x.rules == &updateRules:
		return validation(message)
	case len(absent) > 1:
		return validation(message+": %s are null", strings.Join(absent, " and "))
	}
	return validation(message+": %s is null", absent[0])
}

func mixedParameters(legacy, expressions []string) error {
	return validation("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}",
		strings.Join(legacy, ", "), strings.Join(expressions, ", "))
}

// expressions are the parsed expressions of one request, nil if the request has none.
type expressions struct {
	update       *expression.Update
	condition    *expression.Condition
	keyCondition *expression.Condition
	filter       *expression.Condition
	projection   *expression.Projection
}

// parsingOrder is the order in which the service reports errors of expressions.
var parsingOrder = [...]string{"UpdateExpression", "ConditionExpression", "FilterExpression", "ProjectionExpression", "KeyConditionExpression"}

// parse parses what the request has.
func (x *expressionInput) parse() error {
	attributes, err := x.attributes()
	if err != nil {
		return err
	}
	for _, name := range parsingOrder {
		text := x.text(name)
		if text == nil {
			continue
		}
		switch name {
		case "UpdateExpression":
			x.update, err = expression.ParseUpdate(*text, attributes)
		case "ConditionExpression":
			x.condition, err = expression.ParseCondition(name, *text, attributes)
		case "FilterExpression":
			x.filter, err = expression.ParseCondition(name, *text, attributes)
		case "ProjectionExpression":
			x.projection, err = expression.ParseProjection(*text, attributes)
		case "KeyConditionExpression":
			x.keyCondition, err = expression.ParseCondition(name, *text, attributes)
		}
		if err != nil {
			return err
		}
	}
	x.legacy.translate(&x.expressions)
	return attributes.Unused()
}

func (x *expressionInput) attributes() (*expression.Attributes, error) {
	if x.values.invalid == nil {
		return expression.NewAttributes(x.names, x.values.item)
	}
	// The names and the key of the value are checked before the value.
	key := attribute.Item{x.values.invalid.Attribute: attribute.NULL()}
	if _, err := expression.NewAttributes(x.names, key); err != nil {
		return nil, err
	}
	return nil, expression.InvalidValue(x.values.invalid)
}

// project returns the part of an item that the request asks for.
func (x *expressions) project(item attribute.Item) attribute.Item { return x.projection.Apply(item) }

// names returns the top-level attributes of the paths.
func names(paths []expression.Path) []string {
	var names []string
	for _, path := range paths {
		names = append(names, path.Attribute())
	}
	return names
}
