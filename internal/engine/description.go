package engine

import (
	"slices"
	"time"
)

// tableDescription is a table in a response.
//
//	{"TableName": "pets", "TableStatus": "ACTIVE", "ItemCount": 0, "KeySchema": [...], ...}
type tableDescription struct {
	AttributeDefinitions       []attributeDefinition `json:",omitempty"`
	BillingModeSummary         *modeSummary          `json:",omitempty"`
	CreationDateTime           *timestamp            `json:",omitempty"`
	DeletionProtectionEnabled  bool
	GlobalSecondaryIndexes     []globalIndexDescription `json:",omitempty"`
	ItemCount                  int
	KeySchema                  keyElements         `json:",omitempty"`
	LatestStreamArn            string              `json:",omitempty"`
	LatestStreamLabel          string              `json:",omitempty"`
	LocalSecondaryIndexes      []indexDescription  `json:",omitempty"`
	OnDemandThroughput         *onDemandThroughput `json:",omitempty"`
	ProvisionedThroughput      throughputDescription
	SSEDescription             *sseDescription `json:",omitempty"`
	StreamSpecification        *streamSpecification
	TableArn                   string
	TableClassSummary          tableClassSummary `json:",omitzero"`
	TableID                    string            `json:"TableId"`
	TableName                  string
	TableSizeBytes             int
	TableStatus                string
	TableThroughputModeSummary *modeSummary               `json:",omitempty"`
	WarmThroughput             *warmThroughputDescription `json:",omitempty"`
}

// modeSummary is a billing mode, under one of its two names, with the last change to on-demand capacity,
// which DescribeTable alone shows.
type modeSummary struct {
	BillingMode                       string `json:",omitempty"`
	TableThroughputMode               string `json:",omitempty"`
	LastUpdateToPayPerRequestDateTime *timestamp
}

type throughputDescription struct {
	LastIncreaseDateTime                  *timestamp `json:",omitempty"`
	LastDecreaseDateTime                  *timestamp `json:",omitempty"`
	NumberOfDecreasesToday                int
	ReadCapacityUnits, WriteCapacityUnits int64
}

// throughputHistory is what is known of earlier throughput of a table or index, the zero value if it
// never changed.
type throughputHistory struct {
	Increased, Decreased time.Time
	Decreases            int // on the day of Decreased
}

// changed returns the history with a change of the throughput added, if it is one.
func (h throughputHistory) changed(from, to *provisionedThroughput, now time.Time) throughputHistory {
	if from == nil || to == nil {
		return h
	}
	if *to.ReadCapacityUnits > *from.ReadCapacityUnits || *to.WriteCapacityUnits > *from.WriteCapacityUnits {
		h.Increased = now
	}
	if *to.ReadCapacityUnits < *from.ReadCapacityUnits || *to.WriteCapacityUnits < *from.WriteCapacityUnits {
		h.Decreases = h.decreasesOn(now) + 1
		h.Decreased = now
	}
	return h
}

// decreasesOn returns the number of decreases on the day of now, which ends at midnight UTC.
func (h throughputHistory) decreasesOn(now time.Time) int {
	if h.Decreased.UTC().Truncate(24*time.Hour) != now.UTC().Truncate(24*time.Hour) {
		return 0
	}
	return h.Decreases
}

// warmThroughputDescription is UPDATING in the response to the request that changes it.
//
//	{"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
type warmThroughputDescription struct {
	warmThroughput
	Status string
}

type sseDescription struct {
	KMSMasterKeyArn, SSEType, Status string
}

type tableClassSummary struct {
	TableClass *string
}

type indexDescription struct {
	secondaryIndex
	IndexArn       string
	IndexSizeBytes int
	ItemCount      int
}

type globalIndexDescription struct {
	indexDescription
	IndexStatus           string
	Backfilling           *bool `json:",omitempty"`
	ProvisionedThroughput throughputDescription
	OnDemandThroughput    *onDemandThroughput        `json:",omitempty"`
	WarmThroughput        *warmThroughputDescription `json:",omitempty"`
}

// describe returns the description of a table and its global indexes in the given status, with its ARNs in
// the region.
func (t *table) describe(status, region string, now time.Time) *tableDescription {
	d, arn := t.Definition, tableARN(region, t.Name)
	described := &tableDescription{
		AttributeDefinitions:      d.AttributeDefinitions,
		CreationDateTime:          timestampOf(t.Created),
		DeletionProtectionEnabled: isTrue(d.DeletionProtectionEnabled),
		ItemCount:                 t.views[0].tree.Len(),
		KeySchema:                 d.KeySchema,
		OnDemandThroughput:        d.OnDemandThroughput,
		ProvisionedThroughput:     t.describeThroughput("", d.ProvisionedThroughput, now),
		SSEDescription:            d.SSESpecification.describe(region),
		StreamSpecification:       d.StreamSpecification,
		TableArn:                  arn,
		TableClassSummary:         tableClassSummary{d.TableClass},
		TableID:                   t.ID,
		TableName:                 t.Name,
		TableSizeBytes:            t.views[0].bytes,
		TableStatus:               status,
		WarmThroughput:            describeWarm(d.WarmThroughput, d.ProvisionedThroughput),
	}
	if label := t.streamLabel(); label != "" {
		described.LatestStreamArn, described.LatestStreamLabel = arn+"/stream/"+label, label
	}
	if !t.OnDemandSince.IsZero() {
		mode, since := "PROVISIONED", timestampOf(t.OnDemandSince)
		if d.onDemand() {
			mode = "PAY_PER_REQUEST"
		}
		described.BillingModeSummary = &modeSummary{BillingMode: mode, LastUpdateToPayPerRequestDateTime: since}
		described.TableThroughputModeSummary = &modeSummary{TableThroughputMode: mode, LastUpdateToPayPerRequestDateTime: since}
	}
	for i := range d.LocalSecondaryIndexes {
		described.LocalSecondaryIndexes = append(described.LocalSecondaryIndexes, t.describeIndex(&d.LocalSecondaryIndexes[i].secondaryIndex, arn))
	}
	for i := range d.GlobalSecondaryIndexes {
		described.GlobalSecondaryIndexes = append(described.GlobalSecondaryIndexes, t.describeGlobalIndex(&d.GlobalSecondaryIndexes[i], arn, status, now))
	}
	return described
}

func (t *table) describeIndex(x *secondaryIndex, arn string) indexDescription {
	v := t.view(*x.IndexName)
	return indexDescription{
		secondaryIndex: *x,
		IndexArn:       arn + "/index/" + *x.IndexName,
		IndexSizeBytes: v.bytes,
		ItemCount:      v.tree.Len(),
	}
}

func (t *table) describeGlobalIndex(x *globalSecondaryIndex, arn, status string, now time.Time) globalIndexDescription {
	return globalIndexDescription{
		indexDescription:      t.describeIndex(&x.secondaryIndex, arn),
		IndexStatus:           status,
		ProvisionedThroughput: t.describeThroughput(*x.IndexName, x.ProvisionedThroughput, now),
		OnDemandThroughput:    x.OnDemandThroughput,
		WarmThroughput:        describeWarm(x.WarmThroughput, x.ProvisionedThroughput),
	}
}

// describeNew describes the table for the response that creates it, without what the service adds later.
func (t *table) describeNew(region string) *tableDescription {
	d := t.describe("CREATING", region, t.Created)
	d.omitModeDate()
	d.WarmThroughput = t.Definition.WarmThroughput.updating(d.WarmThroughput)
	for i := range d.GlobalSecondaryIndexes {
		x := &d.GlobalSecondaryIndexes[i]
		x.WarmThroughput = t.Definition.GlobalSecondaryIndexes[i].WarmThroughput.updating(x.WarmThroughput)
	}
	return d
}

// globalIndex returns the description of the global index of that name, nil if there is none.
func (d *tableDescription) globalIndex(name string) *globalIndexDescription {
	i := slices.IndexFunc(d.GlobalSecondaryIndexes, func(x globalIndexDescription) bool { return *x.IndexName == name })
	if i < 0 {
		return nil
	}
	return &d.GlobalSecondaryIndexes[i]
}

// omitModeDate leaves out the date of the billing mode.
func (d *tableDescription) omitModeDate() {
	for _, mode := range []*modeSummary{d.BillingModeSummary, d.TableThroughputModeSummary} {
		if mode != nil {
			mode.LastUpdateToPayPerRequestDateTime = nil
		}
	}
}

// describeWarm describes the warm throughput of a table or index, that of its capacity if none was requested.
func describeWarm(requested *warmThroughput, p *provisionedThroughput) *warmThroughputDescription {
	return &warmThroughputDescription{*requested.atLeast(startThroughput(p)), "ACTIVE"}
}

// updating returns the description for the response to the request for t, nil if that is not there.
func (t *warmThroughput) updating(d *warmThroughputDescription) *warmThroughputDescription {
	if t.isEmpty() {
		return nil
	}
	return &warmThroughputDescription{d.warmThroughput, "UPDATING"}
}

// describeThroughput describes the throughput of the index, or of the table for the name "".
func (t *table) describeThroughput(index string, p *provisionedThroughput, now time.Time) throughputDescription {
	if p == nil {
		return throughputDescription{}
	}
	h := t.Throughput[index]
	return throughputDescription{
		LastIncreaseDateTime:   timestampOf(h.Increased),
		LastDecreaseDateTime:   timestampOf(h.Decreased),
		NumberOfDecreasesToday: h.decreasesOn(now),
		ReadCapacityUnits:      *p.ReadCapacityUnits,
		WriteCapacityUnits:     *p.WriteCapacityUnits,
	}
}
