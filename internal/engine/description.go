package engine

import "strings"

// tableDescription is a table in an answer.
type tableDescription struct {
	AttributeDefinitions       []attributeDefinition
	BillingModeSummary         *billingModeSummary `json:",omitempty"`
	CreationDateTime           timestamp
	DeletionProtectionEnabled  bool
	GlobalSecondaryIndexes     []globalIndexDescription `json:",omitempty"`
	ItemCount                  int
	KeySchema                  []keySchemaElement
	LocalSecondaryIndexes      []indexDescription  `json:",omitempty"`
	OnDemandThroughput         *onDemandThroughput `json:",omitempty"`
	ProvisionedThroughput      throughputDescription
	SSEDescription             *sseDescription `json:",omitempty"`
	TableArn                   string
	TableClassSummary          *tableClassSummary `json:",omitempty"`
	TableId                    string             //nolint:revive,staticcheck // named as in the API
	TableName                  string
	TableSizeBytes             int
	TableStatus                string
	TableThroughputModeSummary *throughputModeSummary     `json:",omitempty"`
	WarmThroughput             *warmThroughputDescription `json:",omitempty"`
}

type billingModeSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime timestamp
}

type throughputModeSummary struct {
	TableThroughputMode               string
	LastUpdateToPayPerRequestDateTime timestamp
}

type throughputDescription struct {
	NumberOfDecreasesToday                int
	ReadCapacityUnits, WriteCapacityUnits int64
}

type warmThroughputDescription struct {
	warmThroughput
	Status string
}

type sseDescription struct {
	KMSMasterKeyArn, SSEType, Status string
}

type tableClassSummary struct {
	TableClass string
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

// describe returns the description of a table and its global indexes in the given status.
func (t *table) describe(status string) *tableDescription {
	d := t.definition
	described := &tableDescription{
		AttributeDefinitions:      d.AttributeDefinitions,
		CreationDateTime:          timestamp(t.created),
		DeletionProtectionEnabled: d.DeletionProtectionEnabled != nil && *d.DeletionProtectionEnabled,
		ItemCount:                 t.views[0].tree.Len(),
		KeySchema:                 d.KeySchema,
		OnDemandThroughput:        d.OnDemandThroughput,
		ProvisionedThroughput:     d.ProvisionedThroughput.describe(),
		SSEDescription:            d.SSESpecification.describe(),
		TableArn:                  t.arn(),
		TableId:                   t.id,
		TableName:                 t.name,
		TableSizeBytes:            t.views[0].bytes,
		TableStatus:               status,
		WarmThroughput:            d.WarmThroughput.describe(),
	}
	if !t.onDemandSince.IsZero() {
		mode, since := "PROVISIONED", timestamp(t.onDemandSince)
		if d.onDemand() {
			mode = "PAY_PER_REQUEST"
		}
		described.BillingModeSummary = &billingModeSummary{mode, since}
		described.TableThroughputModeSummary = &throughputModeSummary{mode, since}
	}
	if d.TableClass != nil {
		described.TableClassSummary = &tableClassSummary{*d.TableClass}
	}
	for i := range d.LocalSecondaryIndexes {
		described.LocalSecondaryIndexes = append(described.LocalSecondaryIndexes, t.describeIndex(&d.LocalSecondaryIndexes[i].secondaryIndex))
	}
	for i := range d.GlobalSecondaryIndexes {
		described.GlobalSecondaryIndexes = append(described.GlobalSecondaryIndexes, t.describeGlobalIndex(&d.GlobalSecondaryIndexes[i], status))
	}
	return described
}

func (t *table) arn() string { return arnPrefix + t.name }

func (t *table) describeIndex(x *secondaryIndex) indexDescription {
	v := t.view(*x.IndexName)
	return indexDescription{
		secondaryIndex: *x,
		IndexArn:       t.arn() + "/index/" + *x.IndexName,
		IndexSizeBytes: v.bytes,
		ItemCount:      v.tree.Len(),
	}
}

func (t *table) describeGlobalIndex(x *globalSecondaryIndex, status string) globalIndexDescription {
	return globalIndexDescription{
		indexDescription:      t.describeIndex(&x.secondaryIndex),
		IndexStatus:           status,
		ProvisionedThroughput: x.ProvisionedThroughput.describe(),
		OnDemandThroughput:    x.OnDemandThroughput,
		WarmThroughput:        x.WarmThroughput.describe(),
	}
}

func (t *provisionedThroughput) describe() throughputDescription {
	if t == nil {
		return throughputDescription{}
	}
	return throughputDescription{ReadCapacityUnits: *t.ReadCapacityUnits, WriteCapacityUnits: *t.WriteCapacityUnits}
}

func (t *warmThroughput) describe() *warmThroughputDescription {
	if t == nil {
		return nil
	}
	return &warmThroughputDescription{*t, "ACTIVE"}
}

// describe returns nil for the encryption that every table has.
func (s *sseSpecification) describe() *sseDescription {
	if s == nil || s.Enabled == nil || !*s.Enabled {
		return nil
	}
	key := "00000000-0000-4000-8000-000000000000"
	if s.KMSMasterKeyId != nil {
		key = *s.KMSMasterKeyId
	}
	if !strings.HasPrefix(key, "arn:") {
		key = "arn:aws:kms:" + region + ":" + account + ":key/" + key
	}
	return &sseDescription{KMSMasterKeyArn: key, SSEType: "KMS", Status: "ENABLED"}
}
