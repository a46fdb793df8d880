// Opens the pages of the web application dynamodb-admin.

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { after, before, test } from "node:test"

import { CreateTableCommand, DeleteTableCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb"
import { createServer } from "dynamodb-admin"

import { client, keys, strings } from "./client.mjs"

const name = `admin-${randomUUID()}`
const server = createServer({ dynamoDbClient: client }).listen(0, "127.0.0.1")
const request = async (path, method = "GET", body = undefined) => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return text
}

before(async () => {
  if (!server.listening) {
    await once(server, "listening")
  }
  const AttributeDefinitions = strings("pk", "sk")
  await client.send(
    new CreateTableCommand({ TableName: name, BillingMode: "PAY_PER_REQUEST", AttributeDefinitions, KeySchema: keys("pk", "sk") }),
  )
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: name })
})
after(async () => {
  await client.send(new DeleteTableCommand({ TableName: name }))
  server.closeAllConnections()
  server.close()
})

test("the pages of a table show what is stored", async () => {
  await request(`/tables/${name}/add-item`, "PUT", { pk: "a", sk: "1", age: 3 })
  await request(`/tables/${name}/items/a,1`, "PUT", { pk: "a", sk: "1", age: 4 })
  for (const path of ["", "/get", "/add-item", "/items/a,1", "/meta", "/ttl"]) {
    assert.match(await request(`/tables/${name}${path}`), /<html/)
  }
  assert.match(await request("/"), new RegExp(name))
  const items = async (query = "") => JSON.parse(await request(`/tables/${name}/items${query}`)).Items
  const [item] = await items()
  assert.deepEqual([item.pk, item.sk, item.age], ["a", "1", 4])
  const filters = encodeURIComponent(JSON.stringify({ pk: { type: "S", operator: "=", value: "a" } }))
  assert.equal((await items(`?operationType=query&filters=${filters}`)).length, 1)
  await request(`/tables/${name}/all`, "DELETE")
  assert.deepEqual(await items(), [])
})
