// Uses the single-table mapper ElectroDB.

import assert from "node:assert/strict"
import { after, before, test } from "node:test"

import { Entity, Service } from "electrodb"

import { client, createTable, deleteTable, tableName } from "./client.mjs"

const table = tableName("electrodb")
const Task = new Entity(
  {
    model: { entity: "task", version: "1", service: "tasks" },
    attributes: {
      team: { type: "string" },
      task: { type: "string" },
      status: { type: ["open", "done"], default: "open" },
      points: { type: "number", default: 0 },
      tags: { type: "set", items: "string" },
      notes: { type: "list", items: { type: "string" } },
    },
    indexes: {
      task: { pk: { field: "pk", composite: ["team"] }, sk: { field: "sk", composite: ["task"] } },
      status: { index: "gs1", pk: { field: "gs1pk", composite: ["status"] }, sk: { field: "gs1sk", composite: ["team", "task"] } },
    },
  },
  { client, table },
)
const service = new Service({ task: Task })

before(() => createTable(table))
after(() => deleteTable(table))

test("an item is created once, read and found by its index", async () => {
  const task = { team: "red", task: "1", points: 3 }
  await Task.create(task).go()
  await assert.rejects(Task.create(task).go())
  assert.deepEqual((await Task.get({ team: "red", task: "1" }).go()).data, { ...task, status: "open" })
  const { data } = await Task.query.status({ status: "open", team: "red" }).go()
  assert.deepEqual(data.map(({ task }) => task), ["1"])
})

test("updates set, add, append, subtract, delete and remove", async () => {
  const key = { team: "blue", task: "1" }
  await Task.upsert({ ...key, points: 1, tags: ["a", "b"], notes: ["x"] }).go()
  await Task.patch(key).add({ points: 4, tags: ["c"] }).append({ notes: ["y"] }).set({ status: "done" }).go()
  const { data } = await Task.update(key).subtract({ points: 2 }).delete({ tags: ["a"] }).go({ response: "all_new" })
  assert.equal(data.points, 3)
  assert.deepEqual(data.tags.sort(), ["b", "c"])
  assert.deepEqual(data.notes, ["x", "y"])
  await Task.update(key).remove(["notes"]).go()
  assert.equal((await Task.get(key).go()).data.notes, undefined)
  await assert.rejects(Task.patch({ team: "blue", task: "missing" }).set({ points: 1 }).go())
  await assert.rejects(Task.update(key).set({ points: 9 }).where(({ points }, { gt }) => gt(points, 3)).go())
})

test("a transaction and batches write and delete", async () => {
  const keys = ["1", "2", "3"].map((task) => ({ team: "green", task }))
  const written = await service.transaction
    .write(({ task }) => [task.create({ ...keys[0] }).commit(), task.upsert({ ...keys[1], points: 7 }).commit()])
    .go()
  assert.equal(written.canceled, false)
  const canceled = await service.transaction.write(({ task }) => [task.create(keys[0]).commit(), task.put(keys[2]).commit()]).go()
  assert.equal(canceled.canceled, true)
  await Task.put([{ ...keys[2], points: 9 }]).go()
  const points = async () => (await Task.query.task({ team: "green" }).go()).data.map(({ points }) => points)
  assert.deepEqual(await points(), [0, 7, 9])
  await Task.delete(keys.slice(0, 2)).go()
  await Task.remove(keys[2]).go()
  assert.deepEqual(await points(), [])
})
