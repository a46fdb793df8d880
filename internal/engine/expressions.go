package engine

import (
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// projectionInput has the parameters that say which attributes to return.
//
//	{"ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": "name"}}
type projectionInput struct {
	ProjectionExpression     *string
	AttributesToGet          []string
	ExpressionAttributeNames map[string]string

	projection *expression.Projection // set by parseProjection
}

// checkProjection rejects contradictory parameters, before any of them is parsed.
func (in *projectionInput) checkProjection() error {
	expressions := parameters{{"ProjectionExpression", in.ProjectionExpression != nil}}
	legacy := parameters{{"AttributesToGet", in.AttributesToGet != nil}}
	if err := checkExpressions(expressions, legacy, in.ExpressionAttributeNames); err != nil {
		return err
	}
	old := legacyParameters{attributesToGet: in.AttributesToGet}
	return old.check()
}

func (in *projectionInput) parseProjection() error {
	if in.ProjectionExpression == nil && in.AttributesToGet == nil {
		return nil
	}
	attributes, err := newAttributes(in.ExpressionAttributeNames, &itemParameter{}, 0)
	if err == nil {
		err = in.parseWith(attributes)
	}
	if err == nil {
		err = attributes.Unused()
	}
	return err
}

func (in *projectionInput) parseWith(attributes *expression.Attributes) (err error) {
	switch {
	case in.ProjectionExpression != nil:
		in.projection, err = expression.ParseProjection(*in.ProjectionExpression, attributes)
	case in.AttributesToGet != nil:
		in.projection = expression.NewProjection(in.AttributesToGet)
	}
	return err
}

// conditionInput has the parameters of the condition of a write.
//
//	{"ConditionExpression": "age < :a", "ExpressionAttributeValues": {":a": {"N": "3"}}}
type conditionInput struct {
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           itemParameter
	Expected                            conditions
	ConditionalOperator                 *string
	ReturnValuesOnConditionCheckFailure *string

	condition *expression.Condition // set by parseCondition
}

// updateInput has the parameters of what an update does.
//
//	{"UpdateExpression": "SET age = :a", "ExpressionAttributeValues": {":a": {"N": "3"}}}
type updateInput struct {
	UpdateExpression *string
	AttributeUpdates attributeUpdates

	update *expression.Update // set by parseCondition
}

// checkCondition rejects contradictory parameters, before any of them is parsed. The update is that
// of a write without one, too.
func (in *conditionInput) checkCondition(u *updateInput) error {
	expressions := parameters{{"UpdateExpression", u.UpdateExpression != nil}, {"ConditionExpression", in.ConditionExpression != nil}}
	legacy := parameters{
		{"AttributeUpdates", u.AttributeUpdates != nil},
		{"Expected", in.Expected != nil},
		{"ConditionalOperator", in.ConditionalOperator != nil},
	}
	if err := checkExpressions(expressions, legacy, in.ExpressionAttributeNames); err != nil {
		return err
	}
	if in.ExpressionAttributeValues.present && in.ConditionExpression == nil && u.UpdateExpression == nil {
		return validation(valuesAlone)
	}
	old := legacyParameters{updates: u.AttributeUpdates, filter: in.Expected, operator: in.ConditionalOperator}
	return old.check()
}

// parseCondition parses the condition and the update. From olderFrom levels of nesting on, values are
// checked in the older way.
func (in *conditionInput) parseCondition(u *updateInput, olderFrom int) error {
	if len(u.AttributeUpdates) > 0 {
		u.update = u.AttributeUpdates.translate()
	}
	if len(in.Expected) > 0 {
		in.condition = in.Expected.translate(in.ConditionalOperator)
	}
	if u.UpdateExpression == nil && in.ConditionExpression == nil {
		return nil
	}
	attributes, err := newAttributes(in.ExpressionAttributeNames, &in.ExpressionAttributeValues, olderFrom)
	if err == nil && u.UpdateExpression != nil {
		u.update, err = expression.ParseUpdate(*u.UpdateExpression, attributes)
	}
	if err == nil && in.ConditionExpression != nil {
		in.condition, err = expression.ParseCondition("ConditionExpression", *in.ConditionExpression, attributes)
	}
	if err == nil {
		err = attributes.Unused()
	}
	return err
}

// valuesAlone rejects values that no expression of the request can use.
const valuesAlone = "ExpressionAttributeValues can only be specified when using expressions"

// parameters are parameters of an operation, each with whether the request has it, in the order of
// the service's messages.
type parameters []struct {
	name    string
	present bool
}

// names returns the names of the parameters that the request has.
func (ps parameters) names() (names []string) {
	for _, p := range ps {
		if p.present {
			names = append(names, p.name)
		}
	}
	return names
}

// checkExpressions rejects expressions next to legacy parameters, and names without an expression.
func checkExpressions(expressions, legacy parameters, names map[string]string) error {
	modern, old := expressions.names(), legacy.names()
	switch {
	case len(modern) > 0 && len(old) > 0:
		return mixedParameters(old, modern)
	case names != nil && len(modern) == 0:
		return validation("ExpressionAttributeNames can only be specified when using expressions")
	}
	return nil
}

func mixedParameters(legacy, expressions []string) error {
	return validation("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}",
		strings.Join(legacy, ", "), strings.Join(expressions, ", "))
}

// The service reads a request that nests more than 127 objects and arrays, two for each map or list, in
// the older way. Before the value of a single write, and before that of an action of a transaction, it
// has others. A Scan is always read in that way.
const (
	olderFrom              = 63
	olderFromInTransaction = 61
	olderAlways            = 0
)

func newAttributes(names map[string]string, values *itemParameter, olderFrom int) (*expression.Attributes, error) {
	if values.invalid == nil {
		return expression.NewAttributes(names, values.item)
	}
	// The names and the key of the value are checked before the value.
	key := attribute.Item{values.invalid.Attribute: attribute.NULL()}
	if _, err := expression.NewAttributes(names, key); err != nil {
		return nil, err
	}
	return nil, expression.InvalidValue(values.invalid, values.invalid.NestsFrom(olderFrom))
}

// topLevel returns the top-level attributes of the paths.
func topLevel(paths []expression.Path) []string {
	var names []string
	for _, path := range paths {
		names = append(names, path.Attribute())
	}
	return names
}
