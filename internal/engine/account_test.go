package engine_test

import "testing"

func TestAccount_Descriptions(t *testing.T) {
	perform(t, newEngine(t), []exchange{
		{"limits", "DescribeLimits", `{}`, `{"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,"TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000}`},
		{"endpoints", "DescribeEndpoints", `{}`, `{"Endpoints":[{"Address":"dynamodb.us-east-1.amazonaws.com","CachePeriodInMinutes":1440}]}`},
		{"backups", "DescribeContinuousBackups", `{"TableName":"specs"}`, `{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}`},
		{"backups of no table", "DescribeContinuousBackups", `{"TableName":"none"}`, "TableNotFoundException: Table not found: none"},
	})
}
