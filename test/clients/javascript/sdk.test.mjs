// Uses the AWS SDK for JavaScript: both kinds of index, pages, updates, batches and transactions.

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"

import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  paginateQuery,
  paginateScan,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb"

import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb"

import { client, keys, strings } from "./client.mjs"

const send = (command) => client.send(command)

const run = randomUUID()
const specs = `specs-${run}`
const credentials = `credentials-${run}`

const Projection = { ProjectionType: "ALL" }
const tables = [
  {
    TableName: specs,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: strings("sub", "updated_at_id", "id_updated_at"),
    KeySchema: keys("sub", "updated_at_id"),
    LocalSecondaryIndexes: [{ IndexName: "idUpdatedAt", KeySchema: keys("sub", "id_updated_at"), Projection }],
  },
  {
    TableName: credentials,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: strings("sub", "id", "public_key"),
    KeySchema: keys("sub", "id"),
    GlobalSecondaryIndexes: [{ IndexName: "publicKey", KeySchema: keys("public_key"), Projection }],
  },
]

const padded = (second) => String(second).padStart(20, "0")

// spec is the version item of a spec.
const spec = (sub, id, second) => ({
  sub: { S: sub },
  id: { S: id },
  model_count: { N: String(second) },
  updated_at_id: { S: `${padded(second)}#${id}` },
  id_updated_at: { S: `${id}#${padded(second)}` },
})

const credential = (sub, id, publicKey, salt = Uint8Array.of(0, 127, 128, 255)) => ({
  sub: { S: sub },
  id: { S: id },
  public_key: { S: publicKey },
  salt: { B: salt },
})

const put = (TableName, Item) => send(new PutItemCommand({ TableName, Item }))

before(async () => {
  for (const table of tables) {
    const { TableDescription } = await send(new CreateTableCommand(table))
    assert.equal(TableDescription.TableName, table.TableName)
    await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: table.TableName })
  }
})

after(async () => {
  for (const { TableName } of tables) {
    await send(new DeleteTableCommand({ TableName }))
    await waitUntilTableNotExists({ client, maxWaitTime: 30 }, { TableName })
  }
  client.destroy()
})

test("the tables are described as they were created", async () => {
  for (const created of tables) {
    const { Table } = await send(new DescribeTableCommand({ TableName: created.TableName }))
    assert.equal(Table.TableStatus, "ACTIVE")
    assert.deepEqual(Table.KeySchema, created.KeySchema)
    for (const kind of ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"]) {
      const described = Table[kind]?.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }))
      assert.deepEqual(described, created[kind])
    }
    assert.ok(Table.CreationDateTime instanceof Date)
  }
  const { TableNames } = await send(new ListTablesCommand({}))
  for (const name of [specs, credentials]) {
    assert.ok(TableNames.includes(name), `${name} is among ${TableNames}`)
  }
})

test("a table that exists or that is missing has an error of its own", async () => {
  await assert.rejects(send(new CreateTableCommand(tables[0])), ResourceInUseException)
  const missing = { TableName: `missing-${run}`, Key: { id: { S: "1" } } }
  await assert.rejects(send(new GetItemCommand(missing)), ResourceNotFoundException)
})

test("an item is got as it was put, and is gone after it was deleted", async () => {
  const item = {
    ...credential("put", "id", "public key"),
    everything: {
      M: {
        text: { S: "ä\u0000\u2028🐈" },
        empty: { S: "" },
        number: { N: "-12345678901234567890.123456789" },
        bytes: { B: new Uint8Array(0) },
        truth: { BOOL: true },
        nothing: { NULL: true },
        list: { L: [{ S: "a" }, { N: "1" }] },
        texts: { SS: ["a", "b"] },
        numbers: { NS: ["1", "2"] },
      },
    },
  }
  const Key = { sub: item.sub, id: item.id }
  await put(credentials, item)
  const { Item } = await send(new GetItemCommand({ TableName: credentials, Key, ConsistentRead: true }))
  assert.deepEqual(Item, item)

  const { Attributes } = await send(new DeleteItemCommand({ TableName: credentials, Key, ReturnValues: "ALL_OLD" }))
  assert.deepEqual(Attributes, item)
  assert.equal((await send(new GetItemCommand({ TableName: credentials, Key }))).Item, undefined)
})

test("a condition that fails returns the item in its way", async () => {
  const item = credential("condition", "id", "condition")
  const conditional = {
    TableName: credentials,
    Item: item,
    ConditionExpression: "attribute_not_exists(id)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  }
  await send(new PutItemCommand(conditional))
  await assert.rejects(send(new PutItemCommand(conditional)), (error) => {
    assert.ok(error instanceof ConditionalCheckFailedException)
    assert.deepEqual(error.Item, item)
    return true
  })
})

test("an update sets, adds, appends and removes, under a condition", async () => {
  const documents = DynamoDBDocumentClient.from(client)
  const update = {
    TableName: credentials,
    Key: { sub: "update", id: "id" },
    ConditionExpression: "attribute_not_exists(uses) OR uses < :most",
    UpdateExpression: "SET notes = list_append(if_not_exists(notes, :none), :note) ADD uses :one, tags :tags REMOVE salt",
    ExpressionAttributeValues: { ":most": 2, ":none": [], ":note": ["a"], ":one": 1, ":tags": new Set(["x"]) },
    ReturnValues: "ALL_NEW",
  }
  await put(credentials, credential("update", "id", "update"))
  await documents.send(new UpdateCommand(update))
  const { Attributes } = await documents.send(new UpdateCommand(update))
  const tags = new Set(["x"])
  assert.deepEqual(Attributes, { ...update.Key, public_key: "update", notes: ["a", "a"], uses: 2, tags })
  await assert.rejects(documents.send(new UpdateCommand(update)), ConditionalCheckFailedException)
})

test("the local index has the versions of a spec in their order", async () => {
  for (const second of [3, 1, 2]) {
    await put(specs, spec("local", "a", second))
  }
  await put(specs, spec("local", "a#b", 1))
  await put(specs, spec("other", "a", 4))
  const query = {
    TableName: specs,
    IndexName: "idUpdatedAt",
    KeyConditionExpression: "#sub = :sub AND id_updated_at BETWEEN :first AND :last",
    FilterExpression: "id = :id",
    ExpressionAttributeNames: { "#sub": "sub" },
    ExpressionAttributeValues: {
      ":sub": { S: "local" },
      ":id": { S: "a" },
      ":first": { S: `a#${padded(0)}` },
      ":last": { S: "a#~" },
    },
    ConsistentRead: true,
  }
  const counts = async (direction) =>
    (await send(new QueryCommand({ ...query, ...direction }))).Items.map((item) => item.model_count.N)
  assert.deepEqual(await counts({}), ["1", "2", "3"])
  assert.deepEqual(await counts({ ScanIndexForward: false }), ["3", "2", "1"])
})

test("the global index finds who has a public key", async () => {
  const item = credential("global", "id", `key ${run}`)
  await put(credentials, item)
  const { Items, Count } = await send(
    new QueryCommand({
      TableName: credentials,
      IndexName: "publicKey",
      KeyConditionExpression: "public_key = :key",
      ExpressionAttributeValues: { ":key": item.public_key },
    }),
  )
  assert.deepEqual([Count, Items], [1, [item]])
  await assert.rejects(
    send(
      new QueryCommand({
        TableName: credentials,
        IndexName: "publicKey",
        KeyConditionExpression: "public_key = :key",
        ExpressionAttributeValues: { ":key": item.public_key },
        ConsistentRead: true,
      }),
    ),
    { name: "ValidationException" },
  )
})

test("pages come to all items, each once", async () => {
  const query = {
    TableName: specs,
    KeyConditionExpression: "#sub = :sub",
    ExpressionAttributeNames: { "#sub": "sub" },
    ExpressionAttributeValues: { ":sub": { S: "pages" } },
    ProjectionExpression: "model_count",
  }
  for (let second = 1; second <= 7; second++) {
    await put(specs, spec("pages", "a", second))
  }
  const sizes = []
  const counts = []
  for await (const page of paginateQuery({ client, pageSize: 3 }, query)) {
    sizes.push(page.Count)
    counts.push(...page.Items.map((item) => item.model_count.N))
  }
  assert.deepEqual(sizes, [3, 3, 1])
  assert.deepEqual(counts, ["1", "2", "3", "4", "5", "6", "7"])

  let scanned = 0
  const scan = { TableName: specs, FilterExpression: "#sub = :sub" }
  const { ExpressionAttributeNames, ExpressionAttributeValues } = query
  for await (const page of paginateScan({ client, pageSize: 2 }, { ...scan, ExpressionAttributeNames, ExpressionAttributeValues })) {
    scanned += page.Count
  }
  assert.equal(scanned, 7)
})

test("a batch writes, reads and deletes in both tables", async () => {
  const version = spec("batch", "a", 1)
  const holder = credential("batch", "id", "batch")
  const versionKey = { sub: version.sub, updated_at_id: version.updated_at_id }
  const holderKey = { sub: holder.sub, id: holder.id }
  const read = async () => {
    const { Responses, UnprocessedKeys } = await send(
      new BatchGetItemCommand({ RequestItems: { [specs]: { Keys: [versionKey] }, [credentials]: { Keys: [holderKey] } } }),
    )
    assert.deepEqual(UnprocessedKeys, {})
    return Responses
  }
  const write = async (RequestItems) =>
    assert.deepEqual((await send(new BatchWriteItemCommand({ RequestItems }))).UnprocessedItems, {})

  await write({ [specs]: [{ PutRequest: { Item: version } }], [credentials]: [{ PutRequest: { Item: holder } }] })
  assert.deepEqual(await read(), { [specs]: [version], [credentials]: [holder] })
  await write({ [specs]: [{ DeleteRequest: { Key: versionKey } }], [credentials]: [{ DeleteRequest: { Key: holderKey } }] })
  assert.deepEqual(await read(), { [specs]: [], [credentials]: [] })
})

test("a transaction writes everything or nothing, and says why", async () => {
  const first = spec("transaction", "a", 1)
  const second = spec("transaction", "a", 2)
  const once = (Item) => ({ Put: { TableName: specs, Item, ConditionExpression: "attribute_not_exists(id)" } })
  const read = async () => {
    const TransactItems = [first, second].map(({ sub, updated_at_id }) => ({ Get: { TableName: specs, Key: { sub, updated_at_id } } }))
    const { Responses } = await send(new TransactGetItemsCommand({ TransactItems }))
    return Responses.map(({ Item }) => Item)
  }

  await send(new TransactWriteItemsCommand({ TransactItems: [once(first)] }))
  await assert.rejects(send(new TransactWriteItemsCommand({ TransactItems: [once(second), once(first)] })), (error) => {
    assert.ok(error instanceof TransactionCanceledException)
    assert.deepEqual(error.CancellationReasons.map(({ Code }) => Code), ["None", "ConditionalCheckFailed"])
    return true
  })
  assert.deepEqual(await read(), [first, undefined])

  const repeated = { TransactItems: [once(second)], ClientRequestToken: randomUUID() }
  await send(new TransactWriteItemsCommand(repeated))
  await send(new TransactWriteItemsCommand(repeated))
  assert.deepEqual(await read(), [first, second])
})
