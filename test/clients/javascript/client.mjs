// The client and the names that the tests use. PACKAGEDB_TEST_ENDPOINT is the URL of the server.

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"

import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb"

export const endpoint = process.env.PACKAGEDB_TEST_ENDPOINT
assert.ok(endpoint, "PACKAGEDB_TEST_ENDPOINT is not set")

export const configuration = { endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } }
export const client = new DynamoDBClient(configuration)

export const tableName = (client) => `${client}-${randomUUID()}`

// Creates a table with the keys pk and sk and the index gs1 on gs1pk and gs1sk.
export const createTable = async (TableName) => {
  const key = (...names) => names.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? "HASH" : "RANGE" }))
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk", "gs1pk", "gs1sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: key("pk", "sk"),
      GlobalSecondaryIndexes: [{ IndexName: "gs1", KeySchema: key("gs1pk", "gs1sk"), Projection: { ProjectionType: "ALL" } }],
    }),
  )
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName })
}

export const deleteTable = (TableName) => client.send(new DeleteTableCommand({ TableName }))
