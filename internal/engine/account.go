package engine

// noInput is the input of the operations without parameters.
type noInput struct{}

func (*noInput) check() error { return nil }

// limits are the quotas of an account, which the engine describes and does not enforce.
type limits struct {
	AccountMaxReadCapacityUnits, AccountMaxWriteCapacityUnits int
	TableMaxReadCapacityUnits, TableMaxWriteCapacityUnits     int
}

func (e *Engine) describeLimits(*noInput) (limits, error) {
	return limits{80_000, 80_000, 40_000, 40_000}, nil
}

type endpointDescription struct {
	Address              string
	CachePeriodInMinutes int
}

type describeEndpointsOutput struct {
	Endpoints []endpointDescription
}

func (e *Engine) describeEndpoints(*noInput) (describeEndpointsOutput, error) {
	return describeEndpointsOutput{[]endpointDescription{{endpoint, 1440}}}, nil
}

type pointInTimeRecoveryDescription struct {
	PointInTimeRecoveryStatus string
}

type continuousBackupsDescription struct {
	ContinuousBackupsStatus        string
	PointInTimeRecoveryDescription pointInTimeRecoveryDescription
}

type describeContinuousBackupsOutput struct {
	ContinuousBackupsDescription continuousBackupsDescription
}

// describeContinuousBackups describes a table without point-in-time recovery, as this engine has no other.
func (e *Engine) describeContinuousBackups(in *tableInput) (describeContinuousBackupsOutput, error) {
	if _, err := e.table(*in.TableName); err != nil {
		return describeContinuousBackupsOutput{}, dynamoDBException("TableNotFoundException", "Table not found: "+*in.TableName)
	}
	return describeContinuousBackupsOutput{continuousBackupsDescription{"ENABLED", pointInTimeRecoveryDescription{"DISABLED"}}}, nil
}
