package engine

import (
	"errors"
	"slices"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// conditions are the parameters KeyConditions, QueryFilter, ScanFilter and Expected, in the order of
// the request.
//
//	{"age": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "3"}]}}
//	{"age": {"Value": {"N": "3"}}, "owner": {"Exists": false}}
type conditions []condition

// condition is an ExpectedAttributeValue, or a Condition, which has an operator and a list only.
type condition struct {
	ComparisonOperator *string
	AttributeValueList []valueParameter
	Value              valueParameter
	Exists             *bool

	attribute string
	null      error // the error for a null condition
}

// expectedAttributeValue is a condition that is read from Expected.
type expectedAttributeValue condition

func (cs *conditions) decode(parameter string, d document) error {
	class := "Condition"
	if parameter == "Expected" {
		class = "ExpectedAttributeValue"
	}
	*cs = conditions{}
	return d.mapOf(classPrefix+class, func(name string, value document) (err error) {
		c := condition{attribute: name}
		switch {
		case value == "null" && parameter == "Expected":
			c.null = invalidParameter("%s must not be null for Attribute: %s", class, name)
		case value == "null":
			c.null = validation("The filter condition for an attribute cannot be null: %s", name)
		case parameter == "Expected":
			err = value.decode((*expectedAttributeValue)(&c))
		default:
			err = value.decode(&c)
		}
		*cs = append(*cs, c)
		return err
	})
}

// attributeUpdates are the parameter AttributeUpdates, in the order of the request.
//
//	{"age": {"Action": "ADD", "Value": {"N": "1"}}}
type attributeUpdates []attributeValueUpdate

type attributeValueUpdate struct {
	Action *string
	Value  valueParameter

	attribute string
}

func (us *attributeUpdates) decode(_ string, d document) error {
	*us = attributeUpdates{}
	return d.mapOf(classPrefix+"AttributeValueUpdate", func(name string, value document) (err error) {
		u := attributeValueUpdate{attribute: name}
		if value != "null" { // has no value, like an empty one
			err = value.decode(&u)
		}
		*us = append(*us, u)
		return err
	})
}

// valueParameter is a parameter that holds an attribute value, with the error if it is invalid.
type valueParameter struct {
	attribute.Value
	invalid *attribute.ValidationError
}

func (p *valueParameter) decode(_ string, d document) (err error) {
	p.Value, err = attribute.ParseValue(string(d))
	if errors.As(err, &p.invalid) {
		return nil
	}
	return err
}

func (p *valueParameter) present() bool { return p.Exists() || p.invalid != nil }

// legacyParameters are the parameters that expressions replace, in the order of their checks.
type legacyParameters struct {
	updates               attributeUpdates
	filter, keyConditions conditions // filter may be Expected
	attributesToGet       []string
	operator              *string
}

func (l *legacyParameters) check() error {
	for i := range l.updates {
		if err := l.updates[i].check(); err != nil {
			return err
		}
	}
	for _, cs := range []conditions{l.filter, l.keyConditions} {
		for i := range cs {
			if err := cs[i].check(); err != nil {
				return err
			}
		}
	}
	for i, name := range l.attributesToGet {
		if err := attribute.CheckName(name); err != nil {
			return err
		}
		if slices.Contains(l.attributesToGet[:i], name) {
			return invalidParameter("Duplicate value in attribute name: %s", name)
		}
	}
	switch {
	case l.operator == nil:
		return nil
	case l.filter == nil:
		return validation("ConditionalOperator cannot be used without Filter or Expected")
	case len(l.filter) < 2:
		return validation("ConditionalOperator can only be used when Filter or Expected has two or more elements")
	}
	return nil
}

// checkShape adds the violations of the declared shape.
func (u *attributeValueUpdate) checkShape(c *constraints) {
	c.oneOf("attributeUpdates."+u.attribute+".member.action", u.Action, "ADD", "PUT", "DELETE")
}

// checkShape adds the violations of the declared shape. The operator is required but in Expected.
func (c *condition) checkShape(violations *constraints, parameter string) {
	if c.null != nil {
		return
	}
	at := parameter + "." + c.attribute + ".member.comparisonOperator"
	if parameter != "expected" {
		violations.notNull(at, c.ComparisonOperator != nil)
	}
	violations.oneOf(at, c.ComparisonOperator, "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS")
}

// conditionalOperators are the values of the parameter ConditionalOperator.
var conditionalOperators = []string{"AND", "OR"}

func (u *attributeValueUpdate) check() error {
	if err := attribute.CheckName(u.attribute); err != nil {
		return err
	}
	kind := u.Value.Kind()
	switch {
	case u.Value.invalid != nil:
		return u.Value.invalid
	case !u.Value.present():
		if !is(u.Action, "DELETE") {
			return invalidParameter("Only DELETE action is allowed when no attribute value is specified")
		}
	case is(u.Action, "DELETE") && kind.Member() == attribute.KindAbsent:
		return invalidParameter("DELETE action with value is not supported for the type %s", kind)
	case is(u.Action, "ADD") && kind.Member() == attribute.KindAbsent && kind != attribute.KindN && kind != attribute.KindL:
		return invalidParameter("ADD action is not supported for the type %s", kind)
	}
	return nil
}

func (c *condition) check() error {
	if c.null != nil {
		return c.null
	}
	if err := attribute.CheckName(c.attribute); err != nil {
		return err
	}
	for i := range c.AttributeValueList {
		if c.AttributeValueList[i].invalid != nil {
			return c.AttributeValueList[i].invalid
		}
	}
	if c.Value.invalid != nil {
		return c.Value.invalid
	}
	switch {
	case c.Value.present() && c.AttributeValueList != nil:
		return invalidParameter("Value and AttributeValueList cannot be used together for Attribute: %s", c.attribute)
	case c.ComparisonOperator != nil:
		return c.checkOperands()
	case c.AttributeValueList != nil:
		return invalidParameter("AttributeValueList can only be used with a ComparisonOperator for Attribute: %s", c.attribute)
	case c.Exists != nil && !*c.Exists && c.Value.present():
		return invalidParameter("Value cannot be used when Exists is false for Attribute: %s", c.attribute)
	case c.Exists == nil && !c.Value.present():
		return invalidParameter("Value must be provided when Exists is null for Attribute: %s", c.attribute)
	case isTrue(c.Exists) && !c.Value.present():
		return invalidParameter("Value must be provided when Exists is true for Attribute: %s", c.attribute)
	}
	return nil
}

// checkOperands checks the values against the operator.
func (c *condition) checkOperands() error {
	operator, values := *c.ComparisonOperator, c.values()
	unary := operator == "NULL" || operator == "NOT_NULL"
	switch {
	case c.Exists != nil:
		return invalidParameter("Exists and ComparisonOperator cannot be used together for Attribute: %s", c.attribute)
	case c.AttributeValueList == nil && !c.Value.present() && !unary:
		return invalidParameter("Value or AttributeValueList must be used with ComparisonOperator: %s for Attribute: %s", operator, c.attribute)
	}
	fits := len(values) == 1
	switch {
	case unary:
		fits = len(values) == 0
	case operator == "IN":
		fits = len(values) > 0
	case operator == "BETWEEN":
		fits = len(values) == 2
	}
	if !fits {
		return invalidParameter("Invalid number of argument(s) for the %s ComparisonOperator", operator)
	}
	for _, value := range values {
		if !takesKind(operator, value.Kind()) {
			return invalidParameter("ComparisonOperator %s is not valid for %s AttributeValue type", operator, value.Kind())
		}
		if value.Kind() != values[0].Kind() {
			return invalidParameter("AttributeValues inside AttributeValueList must be of same type")
		}
	}
	if operator == "BETWEEN" {
		if c, _ := attribute.Compare(values[0], values[1]); c > 0 {
			return validation("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
		}
	}
	return nil
}

// takesKind reports whether an operator takes values of the kind.
func takesKind(operator string, kind attribute.Kind) bool {
	switch operator {
	case "LT", "LE", "GT", "GE", "BETWEEN", "IN":
		return kind == attribute.KindS || kind == attribute.KindN || kind == attribute.KindB
	case "BEGINS_WITH":
		return kind == attribute.KindS || kind == attribute.KindB
	case "CONTAINS", "NOT_CONTAINS":
		return kind.Member() == attribute.KindAbsent && kind != attribute.KindM && kind != attribute.KindL
	}
	return true
}

// values returns the operands, wherever the request has them.
func (c *condition) values() []attribute.Value {
	var values []attribute.Value
	for _, parameter := range c.AttributeValueList {
		values = append(values, parameter.Value)
	}
	if c.Value.Exists() {
		values = append(values, c.Value.Value)
	}
	return values
}

// comparisons translates conditions into the terms of expressions.
func (cs conditions) comparisons() []expression.Comparison {
	all := make([]expression.Comparison, len(cs))
	for i := range cs {
		c := &cs[i]
		operator := "EQ"
		switch {
		case c.ComparisonOperator != nil:
			operator = *c.ComparisonOperator
		case c.Exists != nil && !*c.Exists:
			operator = "NULL"
		}
		all[i] = expression.Comparison{Attribute: c.attribute, Operator: operator, Values: c.values()}
	}
	return all
}

// translate returns the condition that the conditions stand for.
func (cs conditions) translate(conditionalOperator *string) *expression.Condition {
	return expression.NewCondition(cs.comparisons(), is(conditionalOperator, "OR"))
}

// translate returns the update that the parameter stands for.
func (us attributeUpdates) translate() *expression.Update {
	u := &expression.Update{}
	for i := range us {
		action := "PUT"
		if us[i].Action != nil {
			action = *us[i].Action
		}
		u.AddAction(us[i].attribute, action, us[i].Value.Value)
	}
	return u
}
