package engine

import (
	"strconv"
	"strings"
)

// The limits of the transactional operations.
const (
	maxTransactionActions = 100
	maxTransactionBytes   = 4 << 20
	maxTokenLength        = 36
	// Every action of a transaction costs two: one to prepare it, one to commit it.
	transactionFactor = 2
)

// action is one element of a TransactWriteItems or TransactGetItems.
type action struct {
	kind  string // the member's name, such as "Put"
	count int    // how many such members there are; one is right
	itemInput
}

var actionParameters = map[string][]string{
	"Get":            {"TableName", "Key"},
	"Put":            {"TableName", "Item", "ReturnValuesOnConditionCheckFailure"},
	"Delete":         {"TableName", "Key", "ReturnValuesOnConditionCheckFailure"},
	"ConditionCheck": {"TableName", "Key", "ReturnValuesOnConditionCheckFailure"},
	"Update":         {"TableName", "Key", "ReturnValuesOnConditionCheckFailure"},
}

func (a *action) field(name string, value document) error {
	switch name {
	case "Put", "Delete", "ConditionCheck", "Update", "Get":
		a.kind = name
		a.count++
		a.parameters, a.rules = actionParameters[name], &writeRules
		if name == "Get" {
			a.rules = &getRules
		}
		return value.structure(name, &a.itemInput)
	}
	return nil
}

type transactionInput struct {
	// writes tells the input of TransactWriteItems from that of TransactGetItems,
	// which has fewer parameters.
	writes         bool
	present        bool
	actions        []action
	token          *string
	returnCapacity *string
	returnMetrics  *string
	source         document // the text of actions
}

func (in *transactionInput) field(name string, value document) error {
	if !in.writes && (name == "ClientRequestToken" || name == "ReturnItemCollectionMetrics") {
		return nil
	}
	switch name {
	case "ClientRequestToken":
		return value.string(&in.token)
	case "ReturnConsumedCapacity":
		return value.string(&in.returnCapacity)
	case "ReturnItemCollectionMetrics":
		return value.string(&in.returnMetrics)
	case "TransactItems":
		in.present = true
		in.source = value
		return value.list(func(element document) error {
			var a action
			err := element.structure("TransactWriteItem", &a)
			in.actions = append(in.actions, a)
			return err
		})
	}
	return nil
}

func (in *transactionInput) constrain(element string) error {
	var c constraints
	c.capacity(in.returnCapacity)
	c.oneOf("returnItemCollectionMetrics", in.returnMetrics, "SIZE", "NONE")
	c.notNull("transactItems", in.present)
	if in.present {
		c.length("transactItems", len(in.actions), 1, maxTransactionActions, func() string { return repeated(element, len(in.actions)) })
	}
	if in.token != nil {
		c.length("clientRequestToken", len(*in.token), 1, maxTokenLength, func() string { return *in.token })
	}
	for i := range in.actions {
		in.actions[i].constrain(&c, "transactItems."+strconv.Itoa(i+1)+".member.")
	}
	return c.err()
}

func (a *action) constrain(c *constraints, at string) {
	if a.count != 1 {
		return
	}
	at += strings.ToLower(a.kind[:1]) + a.kind[1:] + "."
	c.notNull(at+"tableName", a.tableName != nil)
	c.name(at+"tableName", a.tableName, 1)
	if a.kind == "Put" {
		c.notNull(at+"item", a.item.present)
	} else {
		c.notNull(at+"key", a.key.present)
	}
	if a.kind == "ConditionCheck" {
		c.notNull(at+"conditionExpression", a.condition != nil)
	}
	c.oneOf(at+"returnValuesOnConditionCheckFailure", a.returnOnFailure, "ALL_OLD", "NONE")
}

// checkKind refuses everything but one write that this engine has.
func (a *action) checkKind() error {
	switch {
	case a.count == 0 || a.kind == "Get":
		return validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	case a.count > 1:
		return validation("TransactItems can only contain one of Check, Put, Update or Delete")
	case a.kind == "Update":
		return validation("The action Update is not supported by this engine: UpdateItem is not one of its operations")
	}
	return nil
}
