package engine

import "time"

// The operations on backups. The engine makes none: point-in-time recovery is a switch.

const (
	maxRecoveryDays = 35 // also the default
	// recoveryDelay is the age of the latest time to which the service can restore a table.
	recoveryDelay = 5 * time.Minute
)

// pointInTimeRecovery is enabled since a time, for a number of days back.
type pointInTimeRecovery struct {
	Since time.Time
	Days  int
}

// updateContinuousBackupsInput has the parameters of UpdateContinuousBackups.
//
//	{"TableName": "pets", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7}}
type updateContinuousBackupsInput struct {
	tableInput
	PointInTimeRecoverySpecification *pointInTimeRecoverySpecification
}

type pointInTimeRecoverySpecification struct {
	PointInTimeRecoveryEnabled *bool
	RecoveryPeriodInDays       *int
}

func (in *updateContinuousBackupsInput) check() error {
	if in.TableName == nil {
		return errNoTableName
	}
	var c constraints
	in.checkShape(&c)
	s := in.PointInTimeRecoverySpecification
	c.notNull("pointInTimeRecoverySpecification", s != nil)
	if s != nil {
		c.notNull("pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled", s.PointInTimeRecoveryEnabled != nil)
		number(&c, "pointInTimeRecoverySpecification.recoveryPeriodInDays", s.RecoveryPeriodInDays, 1, maxRecoveryDays)
	}
	if err := c.err(); err != nil {
		return err
	}
	if !*s.PointInTimeRecoveryEnabled && s.RecoveryPeriodInDays != nil {
		return validation("Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
	}
	return nil
}

func (e *Engine) updateContinuousBackups(in *updateContinuousBackupsInput) (*continuousBackupsOutput, error) {
	t, err := e.backedUpTable(&in.tableInput)
	if err != nil {
		return nil, err
	}
	after, now := *t, e.now()
	after.PointInTimeRecovery = nil
	if s := in.PointInTimeRecoverySpecification; *s.PointInTimeRecoveryEnabled {
		after.PointInTimeRecovery = &pointInTimeRecovery{now, maxRecoveryDays}
		if t.PointInTimeRecovery != nil {
			after.PointInTimeRecovery.Since = t.PointInTimeRecovery.Since
		}
		if s.RecoveryPeriodInDays != nil {
			after.PointInTimeRecovery.Days = *s.RecoveryPeriodInDays
		}
	}
	if err := e.replaceTable(&after); err != nil {
		return nil, err
	}
	return after.PointInTimeRecovery.describe(now), nil
}

// backedUpTable is like namedTable, with the error that the operations on backups have.
func (e *Engine) backedUpTable(in *tableInput) (*table, error) {
	t, err := e.table(*in.TableName)
	if err != nil {
		return nil, dynamoDBException("TableNotFoundException", "Table not found: "+*in.TableName)
	}
	return t, nil
}

// continuousBackupsOutput is the response of UpdateContinuousBackups and DescribeContinuousBackups.
//
//	{"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {
//	  "PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35,
//	  "EarliestRestorableDateTime": 1700000000.000, "LatestRestorableDateTime": 1700086100.000}}}
type continuousBackupsOutput struct {
	ContinuousBackupsDescription continuousBackupsDescription
}

type continuousBackupsDescription struct {
	ContinuousBackupsStatus        string
	PointInTimeRecoveryDescription pointInTimeRecoveryDescription
}

type pointInTimeRecoveryDescription struct {
	PointInTimeRecoveryStatus  string
	RecoveryPeriodInDays       int `json:",omitempty"`
	EarliestRestorableDateTime *timestamp
	LatestRestorableDateTime   *timestamp
}

func (e *Engine) describeContinuousBackups(in *tableInput) (*continuousBackupsOutput, error) {
	t, err := e.backedUpTable(in)
	if err != nil {
		return nil, err
	}
	return t.PointInTimeRecovery.describe(e.now()), nil
}

// describe returns the response for a table, with times in whole seconds. The status of the backups is
// ENABLED with and without point-in-time recovery.
func (r *pointInTimeRecovery) describe(now time.Time) *continuousBackupsOutput {
	description := pointInTimeRecoveryDescription{PointInTimeRecoveryStatus: "DISABLED"}
	if r != nil {
		back := func(d time.Duration) *timestamp {
			restorable := now.Add(-d)
			if restorable.Before(r.Since) {
				restorable = r.Since
			}
			return timestampOf(restorable.Truncate(time.Second))
		}
		description = pointInTimeRecoveryDescription{"ENABLED", r.Days, back(time.Duration(r.Days) * 24 * time.Hour), back(recoveryDelay)}
	}
	return &continuousBackupsOutput{continuousBackupsDescription{"ENABLED", description}}
}

// listBackupsInput has the parameters of ListBackups.
//
//	{"TableName": "pets", "BackupType": "USER", "TimeRangeLowerBound": 1700000000, "Limit": 10}
type listBackupsInput struct {
	caller
	TableName, BackupType, ExclusiveStartBackupArn *string
	TimeRangeLowerBound, TimeRangeUpperBound       *int64
	Limit                                          *int
}

func (in *listBackupsInput) check() error {
	var c constraints
	c.name("tableName", in.TableName, 1)
	in.checkRegion(&c, in.TableName)
	number(&c, "limit", in.Limit, 1, 100)
	c.string("exclusiveStartBackupArn", in.ExclusiveStartBackupArn, 37, 1024)
	c.oneOf("backupType", in.BackupType, "USER", "SYSTEM", "AWS_BACKUP", "ALL")
	if err := c.err(); err != nil {
		return err
	}
	if in.TimeRangeLowerBound != nil && in.TimeRangeUpperBound != nil && *in.TimeRangeLowerBound > *in.TimeRangeUpperBound {
		return invalidParameter("Time range lower bound must be less than or equal to upper bound")
	}
	return nil
}

// listBackupsOutput is the response of ListBackups.
//
//	{"BackupSummaries": []}
type listBackupsOutput struct {
	BackupSummaries []nothing
}

// listBackups finds none, as the service does also for a table that does not exist.
func (e *Engine) listBackups(*listBackupsInput) (*listBackupsOutput, error) {
	return &listBackupsOutput{[]nothing{}}, nil
}

// listExportsInput has the parameters of ListExports.
//
//	{"TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/pets", "MaxResults": 25}
type listExportsInput struct {
	MaxResults *int
}

func (in *listExportsInput) check() error {
	var c constraints
	number(&c, "maxResults", in.MaxResults, 1, 25)
	return c.err()
}

// listExportsOutput is the response of ListExports.
//
//	{"ExportSummaries": []}
type listExportsOutput struct {
	ExportSummaries []nothing
}

func (e *Engine) listExports(*listExportsInput) (*listExportsOutput, error) {
	return &listExportsOutput{[]nothing{}}, nil
}

// listImportsInput has the parameters of ListImports.
//
//	{"TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/pets", "PageSize": 25}
type listImportsInput struct {
	PageSize *int
}

func (in *listImportsInput) check() error {
	var c constraints
	number(&c, "pageSize", in.PageSize, 1, 25)
	return c.err()
}

// listImportsOutput is the response of ListImports.
//
//	{"ImportSummaryList": []}
type listImportsOutput struct {
	ImportSummaryList []nothing
}

func (e *Engine) listImports(*listImportsInput) (*listImportsOutput, error) {
	return &listImportsOutput{[]nothing{}}, nil
}
