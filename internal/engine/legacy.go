package engine

import (
	"errors"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
	"github.com/open-alchemy/packagedb/internal/engine/expression"
)

// legacyInput holds the parameters that came before expressions. They are translated into parsed
// expressions.
type legacyInput struct {
	names               []string // of those that the request has
	attributesToGet     []string
	attributeUpdates    []attributeUpdate
	keyConditions       []legacyCondition
	filter              legacyFilter // Expected, QueryFilter or ScanFilter
	conditionalOperator *string
}

// legacyFilter is a legacy parameter that holds conditions.
type legacyFilter struct {
	name       string
	conditions []legacyCondition
}

// legacyCondition is an ExpectedAttributeValue, or a Condition, which has an
// operator and a list only.
type legacyCondition struct {
	attribute string
	operator  *string
	list      []valueParameter // nil without AttributeValueList
	value     valueParameter
	exists    *bool
	null      error // the error for a null condition
}

// attributeUpdate is an AttributeValueUpdate.
type attributeUpdate struct {
	attribute string
	action    *string
	value     valueParameter
}

// valueParameter is a parameter that holds an attribute value, with the error if it is invalid.
type valueParameter struct {
	attribute.Value
	invalid *attribute.ValidationError
}

func (d document) value(into *valueParameter) (err error) {
	into.Value, err = attribute.ParseValue(strings.Clone(string(d)))
	if errors.As(err, &into.invalid) {
		return nil
	}
	return err
}

func (p *valueParameter) present() bool { return p.Exists() || p.invalid != nil }

func (l *legacyInput) field(name string, value document) error {
	l.names = append(l.names, name)
	switch name {
	case "AttributesToGet":
		return value.strings(&l.attributesToGet)
	case "ConditionalOperator":
		return value.string(&l.conditionalOperator)
	case "AttributeUpdates":
		return value.entries(mapOf("AttributeValueUpdate"), func(name string, value document) error {
			l.attributeUpdates = append(l.attributeUpdates, attributeUpdate{attribute: name})
			if value == "null" { // has no value, like an empty one
				return nil
			}
			return value.structure("AttributeValueUpdate", &l.attributeUpdates[len(l.attributeUpdates)-1])
		})
	case "KeyConditions":
		return value.conditions("Condition", &l.keyConditions)
	case "Expected":
		l.filter.name = name
		return value.conditions("ExpectedAttributeValue", &l.filter.conditions)
	}
	l.filter.name = name
	return value.conditions("Condition", &l.filter.conditions)
}

func mapOf(class string) string {
	return "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810." + class + ">"
}

func (d document) conditions(class string, into *[]legacyCondition) error {
	*into = []legacyCondition{}
	return d.entries(mapOf(class), func(name string, value document) error {
		if value == "null" {
			*into = append(*into, legacyCondition{attribute: name, null: nullCondition(class, name)})
			return nil
		}
		*into = append(*into, legacyCondition{attribute: name})
		return value.structure(class, &(*into)[len(*into)-1])
	})
}

func nullCondition(class, attribute string) error {
	if class == "Condition" {
		return validation("The filter condition for an attribute cannot be null: %s", attribute)
	}
	return invalidParameter("%s must not be null for Attribute: %s", class, attribute)
}

func (c *legacyCondition) field(name string, value document) error {
	switch name {
	case "ComparisonOperator":
		return value.string(&c.operator)
	case "Exists":
		return value.boolean(&c.exists)
	case "Value":
		return value.value(&c.value)
	case "AttributeValueList":
		c.list = []valueParameter{}
		return value.list(func(element document) error {
			var v valueParameter
			err := element.value(&v)
			c.list = append(c.list, v)
			return err
		})
	}
	return nil
}

func (u *attributeUpdate) field(name string, value document) error {
	switch name {
	case "Action":
		return value.string(&u.action)
	case "Value":
		return value.value(&u.value)
	}
	return nil
}

// constrain checks the declared shape.
func (l *legacyInput) constrain(c *constraints) {
	if l.attributesToGet != nil {
		c.length("attributesToGet", len(l.attributesToGet), 1, 255, func() string {
			return "[" + strings.Join(l.attributesToGet, ", ") + "]"
		})
	}
	for _, u := range l.attributeUpdates {
		c.oneOf("attributeUpdates."+u.attribute+".member.action", u.action, "ADD", "PUT", "DELETE")
	}
	constrainConditions(c, "keyConditions", l.keyConditions)
	if l.filter.name != "" {
		constrainConditions(c, memberName(l.filter.name), l.filter.conditions)
	}
}

func constrainConditions(c *constraints, at string, conditions []legacyCondition) {
	for _, condition := range conditions {
		if condition.null != nil {
			continue
		}
		at := at + "." + condition.attribute + ".member.comparisonOperator"
		if at[0] != 'e' { // optional in expected alone
			c.notNull(at, condition.operator != nil)
		}
		c.oneOf(at, condition.operator, "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS")
	}
}

// unknownOperator reports whether the ConditionalOperator is unknown.
func (l *legacyInput) unknownOperator() bool {
	o := l.conditionalOperator
	return o != nil && *o != "AND" && *o != "OR"
}

// check rejects what is wrong whatever the table is, in the service's order.
func (l *legacyInput) check() error {
	for i := range l.attributeUpdates {
		if err := l.attributeUpdates[i].check(); err != nil {
			return err
		}
	}
	for _, conditions := range [][]legacyCondition{l.filter.conditions, l.keyConditions} {
		for i := range conditions {
			if err := conditions[i].check(); err != nil {
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
	case l.conditionalOperator == nil:
	case l.filter.name == "":
		return validation("ConditionalOperator cannot be used without Filter or Expected")
	case len(l.filter.conditions) < 2:
		return validation("ConditionalOperator can only be used when Filter or Expected has two or more elements")
	}
	return nil
}

func (u *attributeUpdate) check() error {
	if err := attribute.CheckName(u.attribute); err != nil {
		return err
	}
	kind := u.value.Kind()
	switch {
	case u.value.invalid != nil:
		return u.value.invalid
	case !u.value.present():
		if !is(u.action, "DELETE") {
			return invalidParameter("Only DELETE action is allowed when no attribute value is specified")
		}
	case is(u.action, "DELETE") && kind.Member() == attribute.KindAbsent:
		return invalidParameter("DELETE action with value is not supported for the type %s", kind)
	case is(u.action, "ADD") && kind.Member() == attribute.KindAbsent && kind != attribute.KindN && kind != attribute.KindL:
		return invalidParameter("ADD action is not supported for the type %s", kind)
	}
	return nil
}

func (c *legacyCondition) check() error {
	if c.null != nil {
		return c.null
	}
	if err := attribute.CheckName(c.attribute); err != nil {
		return err
	}
	for i := range c.list {
		if c.list[i].invalid != nil {
			return c.list[i].invalid
		}
	}
	if c.value.invalid != nil {
		return c.value.invalid
	}
	switch {
	case c.value.present() && c.list != nil:
		return invalidParameter("Value and AttributeValueList cannot be used together for Attribute: %s", c.attribute)
	case c.operator != nil:
		return c.checkOperands()
	case c.list != nil:
		return invalidParameter("AttributeValueList can only be used with a ComparisonOperator for Attribute: %s", c.attribute)
	case c.exists != nil && !*c.exists && c.value.present():
		return invalidParameter("Value cannot be used when Exists is false for Attribute: %s", c.attribute)
	case c.exists == nil && !c.value.present():
		return invalidParameter("Value must be provided when Exists is null for Attribute: %s", c.attribute)
	case isTrue(c.exists) && !c.value.present():
		return invalidParameter("Value must be provided when Exists is true for Attribute: %s", c.attribute)
	}
	return nil
}

// checkOperands checks the values against the operator.
func (c *legacyCondition) checkOperands() error {
	operator, values := *c.operator, c.values()
	unary := operator == "NULL" || operator == "NOT_NULL"
	switch {
	case c.exists != nil:
		return invalidParameter("Exists and ComparisonOperator cannot be used together for Attribute: %s", c.attribute)
	case c.list == nil && !c.value.present() && !unary:
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
func (c *legacyCondition) values() []attribute.Value {
	var values []attribute.Value
	for _, parameter := range c.list {
		values = append(values, parameter.Value)
	}
	if c.value.Exists() {
		values = append(values, c.value.Value)
	}
	return values
}

// tooDeep reports whether a value of the conditions nests too deeply.
func (l *legacyInput) tooDeep() bool {
	for _, c := range l.filter.conditions {
		if c.value.invalid != nil && c.value.invalid.TooDeep() {
			return true
		}
	}
	return false
}

// comparisons translates conditions.
func comparisons(conditions []legacyCondition) []expression.Comparison {
	all := make([]expression.Comparison, len(conditions))
	for i := range conditions {
		c := &conditions[i]
		operator := "EQ"
		switch {
		case c.operator != nil:
			operator = *c.operator
		case c.exists != nil && !*c.exists:
			operator = "NULL"
		}
		all[i] = expression.Comparison{Attribute: c.attribute, Operator: operator, Values: c.values()}
	}
	return all
}

// translate sets what the legacy parameters stand for.
func (l *legacyInput) translate(x *expressions) {
	if l.attributesToGet != nil {
		x.projection = expression.NewProjection(l.attributesToGet)
	}
	if len(l.filter.conditions) > 0 {
		condition := expression.NewCondition(comparisons(l.filter.conditions), is(l.conditionalOperator, "OR"))
		if l.filter.name == "Expected" {
			x.condition = condition
		} else {
			x.filter = condition
		}
	}
	if len(l.attributeUpdates) > 0 {
		updates := make([]expression.AttributeUpdate, len(l.attributeUpdates))
		for i, u := range l.attributeUpdates {
			updates[i] = expression.AttributeUpdate{Attribute: u.attribute, Action: "PUT", Value: u.value.Value}
			if u.action != nil {
				updates[i].Action = *u.action
			}
		}
		x.update = expression.NewUpdate(updates)
	}
}
