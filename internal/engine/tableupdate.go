package engine

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// updateTableInput is the input of UpdateTable.
type updateTableInput struct {
	tableSettings
	GlobalSecondaryIndexUpdates []globalSecondaryIndexUpdate

	ReplicaUpdates, MultiRegionConsistency, GlobalTableWitnessUpdates, GlobalTableSettingsReplicationMode unsupported
}

// globalSecondaryIndexUpdate is one change of the global indexes.
type globalSecondaryIndexUpdate struct {
	Create *createGlobalSecondaryIndexAction
	Update *updateGlobalSecondaryIndexAction
	Delete *deleteGlobalSecondaryIndexAction
}

type createGlobalSecondaryIndexAction struct {
	globalSecondaryIndex
}

type updateGlobalSecondaryIndexAction struct {
	IndexName *string
	indexThroughput
}

type deleteGlobalSecondaryIndexAction struct {
	IndexName *string
}

func (in *updateTableInput) constrain() error {
	if in.TableName == nil {
		return errNoTableName
	}
	var c constraints
	in.constrainCapacity(&c, 1)
	for i, u := range in.GlobalSecondaryIndexUpdates {
		at := "globalSecondaryIndexUpdates." + strconv.Itoa(i+1) + ".member."
		if u.Update != nil {
			c.notNull(at+"update.indexName", u.Update.IndexName != nil)
			c.name(at+"update.indexName", u.Update.IndexName, 3)
			u.Update.ProvisionedThroughput.constrain(&c, at+"update.provisionedThroughput")
		}
		if u.Create != nil {
			u.Create.constrain(&c, at+"create")
		}
		if u.Delete != nil {
			c.notNull(at+"delete.indexName", u.Delete.IndexName != nil)
			c.name(at+"delete.indexName", u.Delete.IndexName, 3)
		}
	}
	in.constrainFeatures(&c)
	return c.err()
}

func (in *updateTableInput) check() error {
	return firstError(in.constrain, in.checkPresence, in.checkIndexes, in.checkDefinitions, in.checkStream, in.SSESpecification.validate)
}

// checkPresence requires one parameter at least.
func (in *updateTableInput) checkPresence() error {
	if in.BillingMode == nil && in.ProvisionedThroughput == nil && in.OnDemandThroughput == nil && in.WarmThroughput == nil &&
		len(in.GlobalSecondaryIndexUpdates) == 0 && in.StreamSpecification == nil && in.SSESpecification == nil &&
		in.DeletionProtectionEnabled == nil && in.TableClass == nil {
		return validation("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")
	}
	return in.ProvisionedThroughput.validate("")
}

func (in *updateTableInput) checkStream() error {
	if in.StreamSpecification != nil && *in.StreamSpecification.StreamEnabled {
		return errNoStreams
	}
	return nil
}

// checkIndexes requires one action per update, one update per index, and one new or deleted index.
func (in *updateTableInput) checkIndexes() error {
	var touched []string
	structural := 0
	for _, u := range in.GlobalSecondaryIndexUpdates {
		var names []string
		if u.Create != nil {
			names = append(names, *u.Create.IndexName)
			structural++
		}
		if u.Update != nil {
			names = append(names, *u.Update.IndexName)
		}
		if u.Delete != nil {
			names = append(names, *u.Delete.IndexName)
			structural++
		}
		switch {
		case len(names) == 0:
			return invalidParameter("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
		case len(names) > 1:
			return invalidParameter("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
		case slices.Contains(touched, names[0]):
			return invalidParameter("Only one global secondary index update per index is allowed simultaneously. Index: %s", names[0])
		}
		touched = append(touched, names[0])
		if u.Update != nil {
			if err := u.Update.ProvisionedThroughput.validate(" for index " + names[0]); err != nil {
				return err
			}
		}
	}
	if structural > 1 {
		return dynamoDBException("LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	return nil
}

// checkDefinitions requires definitions of the key attributes of a new index, also of those that the
// table defines.
func (in *updateTableInput) checkDefinitions() error {
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create == nil {
			continue
		}
		if err := in.validateAttributeNames(); err != nil {
			return err
		}
		return in.validateKeyNames(u.Create.KeySchema)
	}
	return nil
}

func (e *Engine) updateTable(in *updateTableInput) (*tableDescribed, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	if in.StreamSpecification != nil {
		return nil, validation("Table has no stream to disable: TableName: %s", t.name)
	}
	u := tableUpdate{in: in, before: t.definition, after: *t.definition}
	if err := u.apply(); err != nil {
		return nil, err
	}
	now := e.now()
	after := t.redefined(&u, now)
	if err := e.replaceTable(after); err != nil {
		return nil, err
	}
	described := after.describe("UPDATING", now)
	for i := range described.GlobalSecondaryIndexes {
		x := &described.GlobalSecondaryIndexes[i]
		if x.IndexStatus = u.status(*x.IndexName); x.IndexStatus == "CREATING" {
			x.Backfilling = new(bool)
		}
	}
	for i := range u.before.GlobalSecondaryIndexes {
		if x := &u.before.GlobalSecondaryIndexes[i]; u.after.globalIndex(*x.IndexName) == nil {
			described.GlobalSecondaryIndexes = append(described.GlobalSecondaryIndexes, t.describeGlobalIndex(x, "DELETING", now))
		}
	}
	return &tableDescribed{described}, nil
}

// tableUpdate is the definition of a table before and after an UpdateTable.
type tableUpdate struct {
	in     *updateTableInput
	before *tableDefinition
	after  tableDefinition
}

// apply makes the changes to the definition after, and validates it.
func (u *tableUpdate) apply() error {
	in, d := u.in, &u.after
	d.GlobalSecondaryIndexes = slices.Clone(d.GlobalSecondaryIndexes)
	d.DeletionProtectionEnabled = cmp.Or(in.DeletionProtectionEnabled, d.DeletionProtectionEnabled)
	d.TableClass = cmp.Or(in.TableClass, d.TableClass)
	d.SSESpecification = cmp.Or(in.SSESpecification, d.SSESpecification)
	d.WarmThroughput = cmp.Or(in.WarmThroughput, d.WarmThroughput)
	if err := u.applyThroughput(); err != nil {
		return err
	}
	for _, update := range in.GlobalSecondaryIndexUpdates {
		if err := u.applyIndex(&update); err != nil {
			return err
		}
	}
	if len(d.GlobalSecondaryIndexes) > maxGlobalIndexes {
		return dynamoDBException("LimitExceededException", "GlobalSecondaryIndex count exceeds the per-table limit of "+strconv.Itoa(maxGlobalIndexes))
	}
	if !d.onDemand() {
		for _, x := range d.GlobalSecondaryIndexes {
			if x.ProvisionedThroughput == nil {
				return invalidParameter("ProvisionedThroughput must be specified for index: %s", *x.IndexName)
			}
		}
	}
	used := d.keyAttributes()
	d.AttributeDefinitions = slices.DeleteFunc(slices.Clone(d.AttributeDefinitions), func(a attributeDefinition) bool {
		return !used[*a.AttributeName]
	})
	return d.validateIndexNames()
}

func (u *tableUpdate) applyThroughput() error {
	in, d := u.in, &u.after
	if in.BillingMode != nil {
		d.BillingMode = in.BillingMode
		if !d.onDemand() && in.ProvisionedThroughput == nil {
			return invalidParameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
		}
		if u.before.onDemand() != d.onDemand() {
			d.forgetThroughput()
		}
	}
	d.OnDemandThroughput = cmp.Or(in.OnDemandThroughput, d.OnDemandThroughput)
	if err := in.OnDemandThroughput.validate(d.onDemand()); err != nil {
		return err
	}
	p := in.ProvisionedThroughput
	if p == nil {
		return nil
	}
	if b := u.before.ProvisionedThroughput; b != nil && b.equal(p) {
		return validation("The provisioned throughput for the table will not change. The requested value equals the current value. %s", p.unchanged("table"))
	}
	d.ProvisionedThroughput = p
	return d.validateThroughput()
}

// forgetThroughput removes what was set for the other billing mode.
func (t *tableDefinition) forgetThroughput() {
	t.ProvisionedThroughput, t.OnDemandThroughput = nil, nil
	for i := range t.GlobalSecondaryIndexes {
		x := &t.GlobalSecondaryIndexes[i]
		x.ProvisionedThroughput, x.OnDemandThroughput = nil, nil
	}
}

func (t *provisionedThroughput) equal(o *provisionedThroughput) bool {
	return *t.ReadCapacityUnits == *o.ReadCapacityUnits && *t.WriteCapacityUnits == *o.WriteCapacityUnits
}

// unchanged returns the error for a table or index that already has this throughput.
func (t *provisionedThroughput) unchanged(what string) string {
	read, write := strconv.FormatInt(*t.ReadCapacityUnits, 10), strconv.FormatInt(*t.WriteCapacityUnits, 10)
	return "Current ReadCapacityUnits provisioned for the " + what + ": " + read + ". Requested ReadCapacityUnits: " + read +
		". Current WriteCapacityUnits provisioned for the " + what + ": " + write + ". Requested WriteCapacityUnits: " + write +
		". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
}

func (u *tableUpdate) applyIndex(update *globalSecondaryIndexUpdate) error {
	d := &u.after
	switch {
	case update.Create != nil:
		x := update.Create.globalSecondaryIndex
		for _, existing := range u.before.indexes() {
			if *existing.IndexName == *x.IndexName {
				return validation("Attempting to create an index which already exists")
			}
		}
		if err := u.defineAttributes(&x); err != nil {
			return err
		}
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, x)
		return d.validateGlobalIndex(&x)
	case update.Update != nil:
		x := d.globalIndex(*update.Update.IndexName)
		if x == nil {
			return resourceNotFound()
		}
		return x.update(&update.Update.indexThroughput, d.onDemand())
	}
	if d.globalIndex(*update.Delete.IndexName) == nil {
		return resourceNotFound()
	}
	d.GlobalSecondaryIndexes = slices.DeleteFunc(d.GlobalSecondaryIndexes, func(x globalSecondaryIndex) bool {
		return *x.IndexName == *update.Delete.IndexName
	})
	return nil
}

// update changes the capacity of an index.
func (x *globalSecondaryIndex) update(to *indexThroughput, onDemand bool) error {
	if p := to.ProvisionedThroughput; p != nil {
		if onDemand {
			return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: %s when BillingMode is PAY_PER_REQUEST", *x.IndexName)
		}
		if x.ProvisionedThroughput != nil && x.ProvisionedThroughput.equal(p) {
			return validation("The provisioned throughput for the index %s will not change. The requested value equals the current value. %s", *x.IndexName, p.unchanged("index"))
		}
		x.ProvisionedThroughput = p
	}
	x.WarmThroughput = cmp.Or(to.WarmThroughput, x.WarmThroughput)
	x.OnDemandThroughput = cmp.Or(to.OnDemandThroughput, x.OnDemandThroughput)
	return to.OnDemandThroughput.validate(onDemand)
}

// defineAttributes adds the attribute definitions of the request to those of the table, for a new
// index. Like the service it keeps the type of an attribute that is not in the key of the index.
func (u *tableUpdate) defineAttributes(x *globalSecondaryIndex) error {
	defined := slices.Clone(u.after.AttributeDefinitions)
	for _, a := range u.in.AttributeDefinitions {
		i := slices.IndexFunc(defined, func(b attributeDefinition) bool { return *a.AttributeName == *b.AttributeName })
		switch {
		case i < 0:
			defined = append(defined, a)
		case x.hasKey(*a.AttributeName) && *a.AttributeType != *defined[i].AttributeType:
			return invalidParameter("Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Attribute: %s", *a.AttributeName)
		}
	}
	u.after.AttributeDefinitions = defined
	return nil
}

func (x *secondaryIndex) hasKey(name string) bool {
	return slices.ContainsFunc(x.KeySchema, func(k keySchemaElement) bool { return *k.AttributeName == name })
}

// globalIndex returns the global index of that name, nil if there is none.
func (t *tableDefinition) globalIndex(name string) *globalSecondaryIndex {
	for i := range t.GlobalSecondaryIndexes {
		if *t.GlobalSecondaryIndexes[i].IndexName == name {
			return &t.GlobalSecondaryIndexes[i]
		}
	}
	return nil
}

// status returns the status of a global index in the answer.
func (u *tableUpdate) status(name string) string {
	if u.before.globalIndex(name) == nil {
		return "CREATING"
	}
	for _, update := range u.in.GlobalSecondaryIndexUpdates {
		if update.Update != nil && *update.Update.IndexName == name {
			return "UPDATING"
		}
	}
	return "ACTIVE"
}

// redefined returns the table with the new definition, and with new views if the indexes change.
func (t *table) redefined(u *tableUpdate, now time.Time) *table {
	after := *t
	after.definition = &u.after
	if u.after.onDemand() && !u.before.onDemand() {
		after.onDemandSince = now
	}
	after.throughput = map[string]throughputHistory{"": t.throughput[""].changed(u.before.ProvisionedThroughput, u.after.ProvisionedThroughput, now)}
	for _, x := range u.after.GlobalSecondaryIndexes {
		if before := u.before.globalIndex(*x.IndexName); before != nil {
			after.throughput[*x.IndexName] = t.throughput[*x.IndexName].changed(before.ProvisionedThroughput, x.ProvisionedThroughput, now)
		}
	}
	if !slices.ContainsFunc(u.in.GlobalSecondaryIndexUpdates, func(update globalSecondaryIndexUpdate) bool { return update.Update == nil }) {
		return &after
	}
	after.addViews()
	t.views[0].tree.Scan(func(r *record) bool {
		after.replace(nil, after.storedRecord(r.item))
		return true
	})
	return &after
}

// storedRecord is like newRecord, for an item that was stored before the table had all of its
// indexes. An index does not contain an item with an impossible key.
func (t *table) storedRecord(item attribute.Item) *record {
	r := t.newRecord(item)
	for _, v := range t.indexesByName {
		if v.schema.mismatches(item) || v.checkIndexKey(item) != nil {
			r.keys[v.number] = key{}
		}
	}
	return r
}
