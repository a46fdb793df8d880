// Uses the mapper DynamoDB-Toolbox.

import assert from "node:assert/strict"
import { after, before, test } from "node:test"

import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb"
import {
  $add, $append, $get, $remove, $subtract, BatchPutRequest, BatchWriteCommand, ConditionCheck, DeleteItemCommand, Entity,
  executeBatchWrite, executeTransactWrite, GetItemCommand, item, list, number, PutItemCommand, PutTransaction, QueryCommand, ScanCommand,
  set, string, Table, UpdateItemCommand, UpdateTransaction,
} from "dynamodb-toolbox"

import { client, createTable, deleteTable, tableName } from "./client.mjs"

const name = tableName("toolbox")
const table = new Table({
  documentClient: DynamoDBDocumentClient.from(client),
  name,
  partitionKey: { name: "pk", type: "string" },
  sortKey: { name: "sk", type: "string" },
  indexes: { gs1: { type: "global", partitionKey: { name: "gs1pk", type: "string" }, sortKey: { name: "gs1sk", type: "string" } } },
})
const Pet = new Entity({
  name: "pet",
  table,
  timestamps: false,
  schema: item({
    pk: string().key(),
    sk: string().key(),
    gs1pk: string().optional(),
    gs1sk: string().optional(),
    age: number().default(0),
    lives: number().optional(),
    tags: set(string()).optional(),
    names: list(string()).optional(),
  }),
})
const get = async (key) => (await Pet.build(GetItemCommand).key(key).options({ consistent: true }).send()).Item

before(() => createTable(name))
after(() => deleteTable(name))

test("an item is put once, read and found by its index", async () => {
  const pet = { pk: "a", sk: "1", gs1pk: "dog", gs1sk: "rex", age: 3 }
  const put = Pet.build(PutItemCommand).item(pet).options({ condition: { attr: "pk", exists: false } })
  await put.send()
  await assert.rejects(put.send(), { name: "ConditionalCheckFailedException" })
  assert.deepEqual(await get({ pk: "a", sk: "1" }), pet)
  const { Items } = await table.build(QueryCommand).entities(Pet).query({ index: "gs1", partition: "dog", range: { beginsWith: "r" } }).send()
  assert.deepEqual(Items.map(({ sk }) => sk), ["1"])
})

test("updates set, add, append, subtract and remove", async () => {
  const key = { pk: "b", sk: "1" }
  await Pet.build(PutItemCommand).item({ ...key, age: 3, lives: 9, names: ["x"], tags: new Set(["a"]) }).send()
  const { Attributes } = await Pet.build(UpdateItemCommand)
    .item({ ...key, age: $add(2), lives: $subtract($get("lives"), 1), names: $append(["y"]), tags: $remove(), gs1pk: $get("pk") })
    .options({ returnValues: "ALL_NEW" })
    .send()
  assert.deepEqual(Attributes, { ...key, age: 5, lives: 8, names: ["x", "y"], gs1pk: "b" })
  await assert.rejects(Pet.build(UpdateItemCommand).item({ ...key, age: 1 }).options({ condition: { attr: "age", gt: 5 } }).send())
})

test("a transaction and batches write and delete", async () => {
  await executeBatchWrite(table.build(BatchWriteCommand).requests(...["1", "2"].map((sk) => Pet.build(BatchPutRequest).item({ pk: "c", sk }))))
  await executeTransactWrite(
    Pet.build(UpdateTransaction).item({ pk: "c", sk: "1", age: $add(4) }),
    Pet.build(PutTransaction).item({ pk: "c", sk: "3", age: 6 }),
    Pet.build(ConditionCheck).key({ pk: "c", sk: "2" }).condition({ attr: "age", eq: 0 }),
  )
  const ages = async () => (await table.build(QueryCommand).entities(Pet).query({ partition: "c" }).send()).Items.map(({ age }) => age)
  assert.deepEqual(await ages(), [4, 0, 6])
  await Pet.build(DeleteItemCommand).key({ pk: "c", sk: "1" }).send()
  assert.deepEqual(await ages(), [0, 6])
  const { Count } = await table.build(ScanCommand).entities(Pet).options({ filters: { pet: { attr: "pk", eq: "c" } } }).send()
  assert.equal(Count, 2)
})
