package engine

// actionKind is a kind of access to one item: by an operation of its own, or by an element of a
// transaction.
type actionKind struct {
	name    string
	subject string // the parameter that identifies the item
	rules   *expressionRules
}

var (
	getKind            = &actionKind{"Get", "Key", &getRules}
	putKind            = &actionKind{"Put", "Item", &writeRules}
	deleteKind         = &actionKind{"Delete", "Key", &writeRules}
	updateKind         = &actionKind{"Update", "Key", &updateRules}
	conditionCheckKind = &actionKind{"ConditionCheck", "Key", &writeRules}

	actionKinds = []*actionKind{getKind, putKind, deleteKind, updateKind, conditionCheckKind}
)

// action is one access to one item.
type action struct {
	kind            *actionKind
	tableName       *string
	subject         itemParameter // the key, or the item of a put
	returnOnFailure *string
	expressionInput
}

func newAction(kind *actionKind) action {
	return action{kind: kind, expressionInput: expressionInput{rules: kind.rules}}
}

func (a *action) field(name string, value document) error {
	switch {
	case name == "TableName":
		return value.string(&a.tableName)
	case name == a.kind.subject:
		return value.item(&a.subject)
	case name == "ReturnValuesOnConditionCheckFailure" && a.kind != getKind:
		return value.string(&a.returnOnFailure)
	}
	return a.expressionInput.field(name, value)
}

// constrain checks the declared shape of what every kind has. The parameters are at the given place
// of the request.
func (a *action) constrain(c *constraints, at string) {
	a.constrainTable(c, at)
	a.constrainSubject(c, at)
}

func (a *action) constrainTable(c *constraints, at string) {
	c.notNull(at+"tableName", a.tableName != nil)
	c.name(at+"tableName", a.tableName, 1)
}

func (a *action) constrainSubject(c *constraints, at string) {
	c.notNull(at+memberName(a.kind.subject), a.subject.present)
}

// check rejects what is wrong whatever the table is.
func (a *action) check() error {
	return firstError(a.expressionInput.check, a.subject.check, a.parse, a.checkSize)
}

func (a *action) checkSize() error {
	if a.kind != putKind {
		return nil
	}
	return checkItemSize(a.subject.item)
}

// tooDeep reports whether a value nests too deeply.
func (a *action) tooDeep() bool {
	return a.subject.tooDeep() || a.values.tooDeep() || a.legacy.tooDeep()
}

// lookUpTable finds the table and checks the paths of the expressions against
// its keys.
func (a *action) lookUpTable(e *Engine) (*table, error) {
	t, err := e.table(*a.tableName)
	if err != nil {
		return nil, err
	}
	if err := t.checkPaths(a.condition.Paths()); err != nil {
		return nil, err
	}
	if err := t.checkPaths(a.projection.Paths()); err != nil {
		return nil, err
	}
	err = t.checkUpdate(a.update)
	return t, err
}
