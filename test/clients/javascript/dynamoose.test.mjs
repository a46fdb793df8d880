// Uses the object mapper dynamoose.

import assert from "node:assert/strict"
import { after, before, test } from "node:test"

import dynamoose from "dynamoose"

import { configuration, deleteTable, tableName } from "./client.mjs"

dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB(configuration))
const name = tableName("dynamoose")
const Pet = dynamoose.model(
  name,
  new dynamoose.Schema({
    owner: { type: String, hashKey: true },
    name: { type: String, rangeKey: true },
    kind: { type: String, index: { name: "byKind", type: "global", rangeKey: "age" } },
    age: Number,
    tags: { type: Array, schema: [String] },
    born: Date,
  }),
)
const table = new dynamoose.Table(name, [Pet], { expires: 3600, tags: { team: "pets" }, throughput: "ON_DEMAND", initialize: false })

before(() => table.initialize())
after(() => deleteTable(name))

test("an item is created once, read and found by its index", async () => {
  const pet = { owner: "ann", name: "rex", kind: "dog", age: 3, tags: ["old"], born: new Date(1e12) }
  await Pet.create(pet)
  await assert.rejects(Pet.create(pet), { name: "ConditionalCheckFailedException" })
  const { ttl, ...found } = { ...(await Pet.get({ owner: "ann", name: "rex" })) }
  assert.deepEqual(found, pet)
  assert.ok(ttl)
  const [byKind] = await Pet.query("kind").eq("dog").where("age").ge(3).using("byKind").exec()
  assert.equal(byKind.name, "rex")
})

test("an update sets, adds, appends and removes, under a condition", async () => {
  await Pet.create({ owner: "bob", name: "tom", kind: "cat", age: 1, tags: ["a"] })
  const key = { owner: "bob", name: "tom" }
  const updated = await Pet.update(key, { $SET: { born: new Date(0) }, $ADD: { age: 2, tags: "b" }, $REMOVE: ["kind"] })
  assert.equal(updated.age, 3)
  assert.deepEqual(updated.tags, ["a", "b"])
  assert.equal(updated.kind, undefined)
  const condition = new dynamoose.Condition().filter("age").lt(3)
  await assert.rejects(Pet.update(key, { age: 4 }, { condition }), { name: "ConditionalCheckFailedException" })
})

test("a transaction and batches write and delete", async () => {
  const pets = ["a", "b", "c"].map((name) => ({ owner: "cid", name, age: 1 }))
  await dynamoose.transaction([
    Pet.transaction.create(pets[0]),
    Pet.transaction.update({ owner: "cid", name: "b" }, { $ADD: { age: 5 } }),
  ])
  await Pet.batchPut([pets[2]])
  const ages = async () => (await Pet.query("owner").eq("cid").exec()).map(({ age }) => age)
  assert.deepEqual(await ages(), [1, 5, 1])
  assert.equal((await Pet.scan("owner").eq("cid").count().exec()).count, 3)
  await Pet.delete({ owner: "cid", name: "a" })
  await Pet.batchDelete([{ owner: "cid", name: "b" }])
  assert.deepEqual(await ages(), [1])
})
