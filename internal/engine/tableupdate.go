package engine

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// updateTableInput has the parameters of UpdateTable.
//
//	{"TableName": "pets", "AttributeDefinitions": [{"AttributeName": "age", "AttributeType": "N"}],
//	 "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "byAge",
//	   "KeySchema": [{"AttributeName": "age", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}]}
type updateTableInput struct {
	caller
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

func (u *globalSecondaryIndexUpdate) checkShape(c *constraints, at string) {
	if u.Update != nil {
		c.requireName(at+".update.indexName", u.Update.IndexName, 3)
		u.Update.ProvisionedThroughput.checkShape(c, at+".update.provisionedThroughput")
	}
	if u.Create != nil {
		u.Create.checkShape(c, at+".create")
	}
	if u.Delete != nil {
		c.requireName(at+".delete.indexName", u.Delete.IndexName, 3)
	}
}

// changesMore reports whether the update changes more of an index than its warm throughput.
func (u *globalSecondaryIndexUpdate) changesMore() bool {
	return u.Update == nil || u.Update.ProvisionedThroughput != nil || u.Update.OnDemandThroughput != nil
}

// indexes returns the names of the indexes that the update is about, one if it is valid.
func (u *globalSecondaryIndexUpdate) indexes() (names []string) {
	if u.Create != nil {
		names = append(names, *u.Create.IndexName)
	}
	if u.Update != nil {
		names = append(names, *u.Update.IndexName)
	}
	if u.Delete != nil {
		names = append(names, *u.Delete.IndexName)
	}
	return names
}

func (in *updateTableInput) check() error {
	if in.TableName == nil {
		return errNoTableName
	}
	var c constraints
	in.checkShape(&c, 1)
	for i := range in.GlobalSecondaryIndexUpdates {
		in.GlobalSecondaryIndexUpdates[i].checkShape(&c, elementAt("globalSecondaryIndexUpdates", i))
	}
	in.checkFeatureShape(&c)
	in.checkRegion(&c, in.TableName)
	if err := c.err(); err != nil {
		return err
	}
	return cmp.Or(
		in.checkPresence(),
		in.ProvisionedThroughput.check(""),
		in.checkIndexes(),
		in.checkWarmThroughput(),
		in.checkDefinitions(),
		in.StreamSpecification.check(false),
		in.checkStream(),
		in.SSESpecification.check())
}

// checkPresence requires one parameter at least.
func (in *updateTableInput) checkPresence() error {
	if !in.changesMore() && in.WarmThroughput.isEmpty() && len(in.GlobalSecondaryIndexUpdates) == 0 {
		return validation("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")
	}
	return nil
}

// changesMore reports whether the request changes more of the table than warm throughput and indexes.
func (in *updateTableInput) changesMore() bool {
	return in.BillingMode != nil || in.ProvisionedThroughput != nil || in.OnDemandThroughput != nil || in.StreamSpecification != nil ||
		in.SSESpecification != nil || in.DeletionProtectionEnabled != nil || in.TableClass != nil
}

// checkWarmThroughput rejects changes that the service makes only apart from the table's warm throughput.
func (in *updateTableInput) checkWarmThroughput() error {
	if in.WarmThroughput.isEmpty() {
		return nil
	}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create != nil {
			return invalidParameter("Create global secondary index cannot be specified when updating WarmThroughput")
		}
	}
	if in.changesMore() || slices.ContainsFunc(in.GlobalSecondaryIndexUpdates, func(u globalSecondaryIndexUpdate) bool { return u.changesMore() }) {
		return invalidParameter("WarmThroughput must be the only operation in the request")
	}
	return nil
}

// checkStream rejects changes that the service makes only apart from that of a stream.
func (in *updateTableInput) checkStream() error {
	switch {
	case in.StreamSpecification == nil:
		return nil
	case in.ProvisionedThroughput != nil || is(in.BillingMode, "PROVISIONED"):
		return invalidParameter("You cannot modify stream status while updating table IOPS")
	case in.indexChanges() > 0:
		return invalidParameter("You cannot create or delete index while changing stream status")
	}
	return nil
}

// checkIndexes requires one action per update, one update per index, and one new or deleted index.
func (in *updateTableInput) checkIndexes() error {
	var updated []string
	for i := range in.GlobalSecondaryIndexUpdates {
		u := &in.GlobalSecondaryIndexUpdates[i]
		names := u.indexes()
		switch {
		case len(names) == 0:
			return invalidParameter("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
		case len(names) > 1:
			return invalidParameter("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
		case slices.Contains(updated, names[0]):
			return invalidParameter("Only one global secondary index update per index is allowed simultaneously. Index: %s", names[0])
		}
		updated = append(updated, names[0])
		if u.Update != nil {
			if err := u.Update.ProvisionedThroughput.check(" for index " + names[0]); err != nil {
				return err
			}
			if w := u.Update.WarmThroughput; w != nil && w.isEmpty() {
				return invalidParameter("WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for index: %s", names[0])
			}
		}
	}
	if in.indexChanges() > 1 {
		return dynamoDBException("LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	return nil
}

// indexChanges returns how many indexes are created or deleted.
func (in *updateTableInput) indexChanges() (n int) {
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Update == nil {
			n++
		}
	}
	return n
}

// checkDefinitions requires definitions of the key attributes of a new index, also of those that the
// table defines.
func (in *updateTableInput) checkDefinitions() error {
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create != nil {
			return cmp.Or(in.checkAttributeNames(), in.checkKeyNames(u.Create.KeySchema))
		}
	}
	return nil
}

func (e *Engine) updateTable(in *updateTableInput) (*tableDescriptionOutput, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	if err := in.StreamSpecification.checkChange(t); err != nil {
		return nil, err
	}
	u := tableUpdate{in: in, before: t.Definition, after: *t.Definition}
	if err := u.apply(); err != nil {
		return nil, err
	}
	now := e.now()
	after := t.redefined(&u, now)
	if err := e.replaceTable(after); err != nil {
		return nil, err
	}
	return &tableDescriptionOutput{u.describe(t, after, now)}, nil
}

// tableUpdate is the definition of a table before and after an UpdateTable.
type tableUpdate struct {
	in     *updateTableInput
	before *tableDefinition
	after  tableDefinition
}

// apply makes the changes to the definition after, and checks it.
func (u *tableUpdate) apply() error {
	in, d := u.in, &u.after
	d.GlobalSecondaryIndexes = slices.Clone(d.GlobalSecondaryIndexes)
	if err := u.applyWarmThroughput(); err != nil {
		return err
	}
	d.DeletionProtectionEnabled = cmp.Or(in.DeletionProtectionEnabled, d.DeletionProtectionEnabled)
	d.TableClass = cmp.Or(in.TableClass, d.TableClass)
	d.SSESpecification = cmp.Or(in.SSESpecification, d.SSESpecification)
	if err := u.applyThroughput(); err != nil {
		return err
	}
	for i := range in.GlobalSecondaryIndexUpdates {
		if err := u.applyIndex(&in.GlobalSecondaryIndexUpdates[i]); err != nil {
			return err
		}
	}
	if len(d.GlobalSecondaryIndexes) > maxGlobalIndexes {
		return dynamoDBException("LimitExceededException", "GlobalSecondaryIndex count exceeds the per-table limit of "+strconv.Itoa(maxGlobalIndexes))
	}
	for i := range d.GlobalSecondaryIndexes {
		if err := d.checkIndexThroughput(&d.GlobalSecondaryIndexes[i]); err != nil {
			return err
		}
	}
	used := d.keyAttributes()
	d.AttributeDefinitions = slices.DeleteFunc(slices.Clone(d.AttributeDefinitions), func(a attributeDefinition) bool {
		return !used[*a.AttributeName]
	})
	return d.checkIndexes()
}

// applyWarmThroughput also keeps what the capacities before the update have reached.
func (u *tableUpdate) applyWarmThroughput() error {
	d := &u.after
	for i := range d.GlobalSecondaryIndexes {
		x := &d.GlobalSecondaryIndexes[i]
		x.WarmThroughput = x.WarmThroughput.atLeast(startThroughput(x.ProvisionedThroughput))
	}
	current := d.WarmThroughput.atLeast(startThroughput(d.ProvisionedThroughput))
	d.WarmThroughput = u.in.WarmThroughput.atLeast(current)
	return u.in.WarmThroughput.checkChange(current, "table")
}

func (u *tableUpdate) applyThroughput() error {
	in, d := u.in, &u.after
	if in.BillingMode != nil {
		d.BillingMode = in.BillingMode
		if !d.onDemand() && in.ProvisionedThroughput == nil {
			return invalidParameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
		}
		if u.before.onDemand() != d.onDemand() {
			d.clearThroughput()
		}
	}
	d.OnDemandThroughput = cmp.Or(in.OnDemandThroughput, d.OnDemandThroughput)
	if err := in.OnDemandThroughput.check(d.onDemand()); err != nil || in.ProvisionedThroughput == nil {
		return err
	}
	d.ProvisionedThroughput = in.ProvisionedThroughput
	return cmp.Or(in.ProvisionedThroughput.checkChange(u.before.ProvisionedThroughput, "table", ""), d.checkThroughput())
}

func (u *tableUpdate) applyIndex(update *globalSecondaryIndexUpdate) error {
	d := &u.after
	switch {
	case update.Create != nil:
		return u.createIndex(update.Create.globalSecondaryIndex)
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

// createIndex adds an index and the attribute definitions of the request. Like the service it keeps the
// type of an attribute that is not in the key of the index.
func (u *tableUpdate) createIndex(x globalSecondaryIndex) error {
	d := &u.after
	for _, existing := range u.before.indexes() {
		if *existing.IndexName == *x.IndexName {
			return validation("Attempting to create an index which already exists")
		}
	}
	d.AttributeDefinitions = slices.Clone(d.AttributeDefinitions)
	for _, a := range u.in.AttributeDefinitions {
		switch defined := d.attribute(*a.AttributeName); {
		case defined == nil:
			d.AttributeDefinitions = append(d.AttributeDefinitions, a)
		case x.KeySchema.has(*a.AttributeName) && *a.AttributeType != *defined.AttributeType:
			return invalidParameter("Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Attribute: %s", *a.AttributeName)
		}
	}
	d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, x)
	return d.checkGlobalIndex(&x)
}

// update changes the capacity of an index.
func (x *globalSecondaryIndex) update(to *indexThroughput, onDemand bool) error {
	if p := to.ProvisionedThroughput; p != nil {
		if onDemand {
			return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: %s when BillingMode is PAY_PER_REQUEST", *x.IndexName)
		}
		if err := p.checkChange(x.ProvisionedThroughput, "index", " "+*x.IndexName); err != nil {
			return err
		}
		x.ProvisionedThroughput = p
	}
	if err := to.WarmThroughput.checkChange(x.WarmThroughput, "index "+*x.IndexName); err != nil {
		return err
	}
	x.WarmThroughput = to.WarmThroughput.atLeast(x.WarmThroughput)
	x.OnDemandThroughput = cmp.Or(to.OnDemandThroughput, x.OnDemandThroughput)
	return to.OnDemandThroughput.check(onDemand)
}

// describe returns the response to the update of a table. As the service's, it shows the old values of warm
// throughput that changes, during which table and indexes stay ACTIVE.
func (u *tableUpdate) describe(before, after *table, now time.Time) *tableDescription {
	region := u.in.region
	old, described := before.describe("ACTIVE", region, now), after.describe("ACTIVE", region, now)
	if u.in.changesMore() {
		described.TableStatus = "UPDATING"
	}
	if u.before.onDemand() != u.after.onDemand() {
		described.omitModeDate()
	}
	if !u.in.WarmThroughput.isEmpty() {
		described.WarmThroughput = u.in.WarmThroughput.updating(old.WarmThroughput)
	}
	for i := range u.in.GlobalSecondaryIndexUpdates {
		update := &u.in.GlobalSecondaryIndexUpdates[i]
		if update.changesMore() {
			described.TableStatus = "UPDATING"
		}
		name := update.indexes()[0]
		switch x := described.globalIndex(name); {
		case update.Create != nil:
			x.IndexStatus, x.Backfilling = "CREATING", new(bool)
			x.WarmThroughput = update.Create.WarmThroughput.updating(x.WarmThroughput)
		case update.Delete != nil:
			deleted := *old.globalIndex(name)
			deleted.IndexStatus = "DELETING"
			described.GlobalSecondaryIndexes = append(described.GlobalSecondaryIndexes, deleted)
		default:
			if update.changesMore() {
				x.IndexStatus = "UPDATING"
			}
			if !update.Update.WarmThroughput.isEmpty() {
				x.WarmThroughput = update.Update.WarmThroughput.updating(old.globalIndex(name).WarmThroughput)
			}
		}
	}
	return described
}

// redefined returns the table with the new definition, and with new views if the indexes change.
func (t *table) redefined(u *tableUpdate, now time.Time) *table {
	after := *t
	after.Definition = &u.after
	if u.after.onDemand() && !u.before.onDemand() {
		after.OnDemandSince = now
	}
	if u.in.StreamSpecification != nil {
		after.setStream(u.in.StreamSpecification, now)
	}
	after.Throughput = map[string]throughputHistory{"": t.Throughput[""].changed(u.before.ProvisionedThroughput, u.after.ProvisionedThroughput, now)}
	for _, x := range u.after.GlobalSecondaryIndexes {
		if before := u.before.globalIndex(*x.IndexName); before != nil {
			after.Throughput[*x.IndexName] = t.Throughput[*x.IndexName].changed(before.ProvisionedThroughput, x.ProvisionedThroughput, now)
		}
	}
	if u.in.indexChanges() == 0 {
		return &after
	}
	after.addViews()
	t.views[0].tree.Scan(func(x element) bool {
		after.replace(nil, after.storedRecord(x.record.item))
		return true
	})
	return &after
}

// storedRecord is like newRecord, for an item that was stored before the table had all of its
// indexes. An index does not contain an item with an impossible key.
func (t *table) storedRecord(item attribute.Item) *record {
	r := t.newRecord(item)
	for _, v := range t.indexesByName {
		if v.schema.mismatches(item) || v.checkKey(item) != nil {
			r.keys[v.number] = key{}
		}
	}
	return r
}
