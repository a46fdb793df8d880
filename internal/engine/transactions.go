package engine

import (
	"strconv"
)

// The limits of the transactional operations.
const (
	maxTransactionActions = 100
	maxTransactionBytes   = 4 << 20
	maxTokenLength        = 36
	// Every action of a transaction costs double: to prepare it and to commit it.
	transactionFactor = 2
)

const multipleOperations = "Transaction request cannot include multiple operations on one item"

// transaction is what TransactWriteItems and TransactGetItems have in common.
type transaction struct {
	present        bool
	source         document // the text of elements
	elements       []element
	returnCapacity *string
}

// element is one element of a transaction: exactly one action, if it is valid.
type element struct {
	count int // how many actions the element has
	action
}

func (x *element) field(name string, value document) error {
	for _, kind := range actionKinds {
		if kind.name == name {
			x.count++
			x.action = newAction(kind)
			return value.structure(name, &x.action)
		}
	}
	return nil
}

func (r *transaction) field(name string, value document) error {
	switch name {
	case "ReturnConsumedCapacity":
		return value.string(&r.returnCapacity)
	case "TransactItems":
		r.present = true
		r.source = value
		return value.list(func(part document) error {
			var x element
			err := part.structure("TransactWriteItem", &x)
			r.elements = append(r.elements, x)
			return err
		})
	}
	return nil
}

// constrain checks the declared shape. shown is how the service prints an element.
func (r *transaction) constrain(c *constraints, shown string) {
	c.notNull("transactItems", r.present)
	if r.present {
		c.length("transactItems", len(r.elements), 1, maxTransactionActions, func() string { return repeated(shown, len(r.elements)) })
	}
}

func (r *transaction) constrainElements(c *constraints) {
	for i := range r.elements {
		x := &r.elements[i]
		if x.count != 1 {
			continue
		}
		at := "transactItems." + strconv.Itoa(i+1) + ".member." + memberName(x.kind.name) + "."
		x.constrain(c, at)
		switch x.kind {
		case conditionCheckKind:
			c.notNull(at+"conditionExpression", x.text("ConditionExpression") != nil)
		case updateKind:
			c.notNull(at+"updateExpression", x.text("UpdateExpression") != nil)
		}
		c.oneOf(at+"returnValuesOnConditionCheckFailure", x.returnOnFailure, "ALL_OLD", "NONE")
	}
}

func payloadTooLarge(bytes int) error {
	return validation("Transaction payload size cannot exceed 4MB. Payload Size: %d", bytes)
}
