// What the tests share: the client, and the parts of a table's definition. PACKAGEDB_TEST_ENDPOINT is the URL of the server.

import assert from "node:assert/strict"

import { DynamoDBClient } from "@aws-sdk/client-dynamodb"

const endpoint = process.env.PACKAGEDB_TEST_ENDPOINT
assert.ok(endpoint, "PACKAGEDB_TEST_ENDPOINT is not set")

export const client = new DynamoDBClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
})

export const strings = (...names) => names.map((AttributeName) => ({ AttributeName, AttributeType: "S" }))
export const keys = (...names) => names.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? "HASH" : "RANGE" }))
