package engine_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func TestContinuousBackups_AreASwitch(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_900)
	e := engine.New(engine.WithClock(func() time.Time { return now }))
	call(t, e, "CreateTable", createSpecs)
	description := func(recovery string) string {
		return `{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{` + recovery + `}}}`
	}
	const off = `"PointInTimeRecoveryStatus":"DISABLED"`
	enabled := func(days, earliest, latest string) string {
		return description(`"PointInTimeRecoveryStatus":"ENABLED","RecoveryPeriodInDays":` + days + `,"EarliestRestorableDateTime":` + earliest + `,"LatestRestorableDateTime":` + latest)
	}
	equal(t, "at first", call(t, e, "DescribeContinuousBackups", `{"TableName":"specs"}`), description(off))
	for _, step := range []struct {
		name          string
		later         time.Duration
		specification string
		want          string
	}{
		{"enabled", 0, `true`, enabled("35", "1700000000", "1700000000")},
		{"again, with a period", time.Hour, `true,"RecoveryPeriodInDays":7`, enabled("7", "1700000000", "1700003300")},
		{"after the period", 7 * 24 * time.Hour, `true,"RecoveryPeriodInDays":7`, enabled("7", "1700003600", "1700608100")},
		{"again, without a period", 0, `true`, enabled("35", "1700000000", "1700608100")},
		{"disabled", 0, `false`, description(off)},
		{"again", 0, `false`, description(off)},
		{"enabled again, from then on", time.Second, `true`, enabled("35", "1700608401", "1700608401")},
	} {
		now = now.Add(step.later)
		body := `{"TableName":"specs","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":` + step.specification + `}}`
		equal(t, step.name, call(t, e, "UpdateContinuousBackups", body), step.want)
		equal(t, step.name, call(t, e, "DescribeContinuousBackups", `{"TableName":"specs"}`), step.want)
	}
}

func TestContinuousBackups_AreStored(t *testing.T) {
	s := newMemoryStore()
	e := openStore(t, s)
	call(t, e, "CreateTable", createSpecs)
	call(t, e, "UpdateContinuousBackups", `{"TableName":"specs","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":1}}`)
	want := text(t, call(t, e, "DescribeContinuousBackups", `{"TableName":"specs"}`))
	e = openStore(t, s)
	equal(t, "after a restart", call(t, e, "DescribeContinuousBackups", `{"TableName":"specs"}`), want)
	s.fail = errors.New("no space left on device")
	refused := newRecorder(e, "UpdateContinuousBackups", `{"TableName":"specs","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":false}}`)
	assert.Equal(t, http.StatusInternalServerError, refused.Code)
	equal(t, "after a failed commit", call(t, e, "DescribeContinuousBackups", `{"TableName":"specs"}`), want)
}

func TestBackups_Exchanges(t *testing.T) {
	update := func(specification string) string {
		return `{"TableName":"specs","PointInTimeRecoverySpecification":` + specification + `}`
	}
	const one = "ValidationException: 1 validation error detected: "
	const period = "'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy constraint: Member must have value "
	const both = "ValidationException: Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
	perform(t, newEngine(t), []exchange{
		{"continuous backups of no table", "DescribeContinuousBackups", `{"TableName":"none"}`, "TableNotFoundException: Table not found: none"},
		{"a change of no table", "UpdateContinuousBackups", strings.Replace(update(`{"PointInTimeRecoveryEnabled":true}`), "specs", "none", 1), "TableNotFoundException: Table not found: none"},
		{"a change without a table", "UpdateContinuousBackups", `{}`, "ValidationException: The parameter 'TableName' is required but was not present in the request"},
		{"no change", "UpdateContinuousBackups", `{"TableName":"specs"}`, one + "Value null at 'pointInTimeRecoverySpecification' failed to satisfy constraint: Member must not be null"},
		{"an empty change", "UpdateContinuousBackups", update(`{}`), one + "Value null at 'pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled' failed to satisfy constraint: Member must not be null"},
		{"a period of no day", "UpdateContinuousBackups", update(`{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":0}`), one + "Value '0' at " + period + "greater than or equal to 1"},
		{"a long period", "UpdateContinuousBackups", update(`{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":36}`), one + "Value '36' at " + period + "less than or equal to 35"},
		{"a period of nothing", "UpdateContinuousBackups", update(`{"PointInTimeRecoveryEnabled":false,"RecoveryPeriodInDays":35}`), both},
		{"backups", "ListBackups", `{}`, `{"BackupSummaries":[]}`},
		{"backups of a table", "ListBackups", `{"TableName":"specs","BackupType":"ALL","TimeRangeLowerBound":1,"TimeRangeUpperBound":1.5,"Limit":100}`, `{"BackupSummaries":[]}`},
		{"backups of no table", "ListBackups", `{"TableName":"none"}`, `{"BackupSummaries":[]}`},
		{"no backups", "ListBackups", `{"Limit":0}`, one + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"backups of an unknown type", "ListBackups", `{"BackupType":"user"}`, one + "Value 'user' at 'backupType' failed to satisfy constraint: Member must satisfy enum value set: [USER, SYSTEM, AWS_BACKUP, ALL]"},
		{"backups of times in the wrong order", "ListBackups", `{"TimeRangeLowerBound":2,"TimeRangeUpperBound":1}`, "ValidationException: One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound"},
		{"exports", "ListExports", `{"TableArn":"` + specsARN + `"}`, `{"ExportSummaries":[]}`},
		{"many exports", "ListExports", `{"MaxResults":26}`, one + "Value '26' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 25"},
		{"imports", "ListImports", `{}`, `{"ImportSummaryList":[]}`},
		{"no imports", "ListImports", `{"PageSize":0}`, one + "Value '0' at 'pageSize' failed to satisfy constraint: Member must have value greater than or equal to 1"},
	})
}
