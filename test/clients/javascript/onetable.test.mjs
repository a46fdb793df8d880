// Uses the single-table mapper OneTable.

import assert from "node:assert/strict"
import { after, before, test } from "node:test"

import { Table } from "dynamodb-onetable"
import { Dynamo } from "dynamodb-onetable/Dynamo"

import { client, deleteTable, tableName } from "./client.mjs"

const name = tableName("onetable")
const table = new Table({
  client: new Dynamo({ client }),
  name,
  partial: true,
  schema: {
    format: "onetable:1.1.0",
    version: "0.0.1",
    indexes: { primary: { hash: "pk", sort: "sk" }, gs1: { hash: "gs1pk", sort: "gs1sk", project: "all" } },
    models: {
      User: {
        pk: { type: String, value: "team#${team}" },
        sk: { type: String, value: "user#${email}" },
        gs1pk: { type: String, value: "email#${email}" },
        gs1sk: { type: String, value: "user" },
        team: { type: String, required: true },
        email: { type: String, required: true },
        age: { type: Number },
        address: { type: Object, schema: { city: { type: String }, zip: { type: String } } },
        tags: { type: Array },
      },
      Account: {
        pk: { type: String, value: "account" },
        sk: { type: String, value: "account#${id}" },
        id: { type: String, required: true },
        mail: { type: String, unique: true },
      },
    },
  },
})
const User = table.getModel("User")
const Account = table.getModel("Account")

before(() => table.createTable({ billing: "PAY_PER_REQUEST" }))
after(() => deleteTable(name))

test("an item is created once, read and found by its index", async () => {
  const user = { team: "red", email: "ann@example.com", age: 3, address: { city: "Rome", zip: "1" } }
  await User.create(user)
  await assert.rejects(User.create(user))
  assert.deepEqual(await User.get({ team: "red", email: "ann@example.com" }), user)
  assert.deepEqual(await User.get({ email: "ann@example.com" }, { index: "gs1", follow: true }), user)
})

test("an attribute is unique", async () => {
  await Account.create({ id: "1", mail: "a" })
  await assert.rejects(Account.create({ id: "2", mail: "a" }), { code: "UniqueError" })
  await Account.update({ id: "1", mail: "b" })
  await Account.create({ id: "2", mail: "a" })
})

test("updates set, add, push and remove, under a condition", async () => {
  const key = { team: "red", email: "bob@example.com" }
  await User.create({ ...key, age: 1, address: { city: "Rome", zip: "1" }, tags: ["a"] })
  await User.update(key, { add: { age: 2 }, push: { tags: ["b"] }, set: { "address.zip": "2" } })
  const user = await User.update(key, { remove: ["address.city"] })
  assert.deepEqual(user, { ...key, age: 3, address: { zip: "2" }, tags: ["a", "b"] })
  await assert.rejects(User.update({ ...key, age: 4 }, { where: "${age} < {3}" }))
  await assert.rejects(User.update({ team: "red", email: "missing@example.com", age: 4 }))
  await User.upsert({ team: "red", email: "cid@example.com", age: 4 })
  assert.equal((await User.find({ team: "red" }, { where: "${age} > {3}" })).length, 1)
})

test("a transaction and batches write and delete", async () => {
  const users = [1, 2, 3].map((age) => ({ team: "blue", email: `${age}@example.com`, age }))
  const transaction = {}
  await User.create(users[0], { transaction })
  await User.create(users[1], { transaction })
  await table.transact("write", transaction)
  const batch = {}
  await User.create(users[2], { batch, exists: null })
  await table.batchWrite(batch)
  const pages = []
  let next = null
  do {
    const page = await User.find({ team: "blue" }, { limit: 2, next })
    pages.push(page.length)
    next = page.next
  } while (next)
  assert.equal(pages.reduce((a, b) => a + b), 3)
  for (const { team, email } of users) {
    await User.remove({ team, email })
  }
  assert.deepEqual(await User.find({ team: "blue" }), [])
})
