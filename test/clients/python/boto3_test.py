"""Uses boto3: its resource API, and the legacy parameters that PynamoDB and older code send.

PACKAGEDB_TEST_ENDPOINT is the URL of the server.
"""

import decimal
import os
import unittest
import uuid

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

SETTINGS = {
    "endpoint_url": os.environ["PACKAGEDB_TEST_ENDPOINT"],
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}


RESOURCE = boto3.resource("dynamodb", **SETTINGS)
CLIENT = boto3.client("dynamodb", **SETTINGS)


def create_table():
    """Returns a new table with an index."""
    table = RESOURCE.create_table(
        TableName=f"boto3-{uuid.uuid4()}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "name", "kind")],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "name", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "byKind",
                "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        Tags=[{"Key": "team", "Value": "pets"}],
    )
    table.wait_until_exists()
    return table


class Case(unittest.TestCase):
    def setUp(self):
        self.table = create_table()
        self.client = self.table.meta.client
        self.addCleanup(self.table.delete)

    def assert_error(self, code, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(code, caught.exception.response["Error"]["Code"])


class Resource(Case):
    def test_items(self):
        pet = {"owner": "ann", "name": "rex", "kind": "dog", "age": decimal.Decimal("1.5"), "tags": {"a", "b"}, "data": b"\x00\xff"}
        self.table.put_item(Item=pet)
        item = self.table.get_item(Key={"owner": "ann", "name": "rex"}, ConsistentRead=True)["Item"]
        item["data"] = bytes(item["data"])
        self.assertEqual(pet, item)
        self.assert_error(
            "ConditionalCheckFailedException", self.table.put_item, Item=pet, ConditionExpression=Attr("owner").not_exists()
        )
        found = self.table.query(IndexName="byKind", KeyConditionExpression=Key("kind").eq("dog"), FilterExpression=Attr("age").gt(1))
        self.assertEqual(["rex"], [item["name"] for item in found["Items"]])
        deleted = self.table.delete_item(Key={"owner": "ann", "name": "rex"}, ReturnValues="ALL_OLD")
        self.assertEqual("dog", deleted["Attributes"]["kind"])

    def test_update(self):
        update = {
            "Key": {"owner": "bob", "name": "tom"},
            "UpdateExpression": "SET #a = if_not_exists(#a, :zero) + :one, tags = list_append(if_not_exists(tags, :none), :tag) REMOVE gone ADD toys :toys",
            "ExpressionAttributeNames": {"#a": "age"},
            "ExpressionAttributeValues": {":zero": 0, ":one": 1, ":none": [], ":tag": ["x"], ":toys": {"ball"}},
            "ReturnValues": "ALL_NEW",
        }
        self.table.update_item(**update)
        item = self.table.update_item(**update)["Attributes"]
        self.assertEqual({"owner": "bob", "name": "tom", "age": 2, "tags": ["x", "x"], "toys": {"ball"}}, item)
        update["ConditionExpression"] = Attr("age").lt(2)
        del update["ExpressionAttributeNames"], update["ExpressionAttributeValues"]
        update["UpdateExpression"] = "REMOVE tags"
        self.assert_error("ConditionalCheckFailedException", self.table.update_item, **update)

    def test_batches_and_pages(self):
        with self.table.batch_writer(overwrite_by_pkeys=["owner", "name"]) as batch:
            for i in range(60):
                batch.put_item(Item={"owner": "cid", "name": f"{i:02}"})
            batch.delete_item(Key={"owner": "cid", "name": "59"})
        names, start = [], {}
        while start is not None:
            page = self.table.query(KeyConditionExpression=Key("owner").eq("cid"), Limit=25, **start)
            names += [item["name"] for item in page["Items"]]
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else None
        self.assertEqual([f"{i:02}" for i in range(59)], names)
        self.assertEqual(59, self.table.scan(Select="COUNT")["Count"])

    def test_transaction(self):
        name, key = self.table.name, {"owner": "dan", "name": "1"}
        put = {"Put": {"TableName": name, "Item": key, "ConditionExpression": "attribute_not_exists(#o)", "ExpressionAttributeNames": {"#o": "owner"}}}
        self.client.transact_write_items(TransactItems=[put])
        self.assert_error("TransactionCanceledException", self.client.transact_write_items, TransactItems=[put])
        update = {"Update": {"TableName": name, "Key": key, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": 1}}}
        self.client.transact_write_items(TransactItems=[update])
        got = self.client.transact_get_items(TransactItems=[{"Get": {"TableName": name, "Key": key}}])
        self.assertEqual({**key, "n": 1}, got["Responses"][0]["Item"])

    def test_table(self):
        arn = self.table.table_arn
        self.assertEqual([{"Key": "team", "Value": "pets"}], self.client.list_tags_of_resource(ResourceArn=arn)["Tags"])
        self.client.update_time_to_live(
            TableName=self.table.name, TimeToLiveSpecification={"AttributeName": "expiry", "Enabled": True}
        )
        described = self.client.describe_time_to_live(TableName=self.table.name)["TimeToLiveDescription"]
        self.assertEqual("expiry", described["AttributeName"])


class Legacy(Case):
    """The parameters that PynamoDB sends, through the low-level client."""

    def setUp(self):
        super().setUp()
        for name, age in (("a", "1"), ("ab", "2"), ("b", "3")):
            CLIENT.put_item(TableName=self.table.name, Item=self.key(name) | {"age": {"N": age}})

    @staticmethod
    def key(name):
        return {"owner": {"S": "ann"}, "name": {"S": name}}

    def test_key_conditions(self):
        page = CLIENT.query(
            TableName=self.table.name,
            KeyConditions={
                "owner": {"AttributeValueList": [{"S": "ann"}], "ComparisonOperator": "EQ"},
                "name": {"AttributeValueList": [{"S": "a"}], "ComparisonOperator": "BEGINS_WITH"},
            },
            QueryFilter={"age": {"AttributeValueList": [{"N": "1"}], "ComparisonOperator": "GT"}},
            AttributesToGet=["name"],
            ScanIndexForward=False,
        )
        self.assertEqual([{"name": {"S": "ab"}}], page["Items"])
        self.assertEqual(2, page["ScannedCount"])

    def test_scan_filter(self):
        page = CLIENT.scan(
            TableName=self.table.name,
            ScanFilter={
                "age": {"AttributeValueList": [{"N": "1"}, {"N": "2"}], "ComparisonOperator": "IN"},
                "name": {"AttributeValueList": [{"S": "b"}], "ComparisonOperator": "EQ"},
            },
            ConditionalOperator="OR",
            Select="COUNT",
        )
        self.assertEqual(3, page["Count"])

    def test_expected(self):
        item = self.key("c")
        arguments = {"TableName": self.table.name, "Item": item, "Expected": {"owner": {"Exists": False}}}
        CLIENT.put_item(**arguments)
        self.assert_error("ConditionalCheckFailedException", CLIENT.put_item, **arguments)
        self.assert_error(
            "ConditionalCheckFailedException",
            CLIENT.delete_item,
            TableName=self.table.name,
            Key=item,
            Expected={"age": {"AttributeValueList": [{"N": "9"}], "ComparisonOperator": "EQ"}},
        )

    def test_attribute_updates(self):
        updated = CLIENT.update_item(
            TableName=self.table.name,
            Key=self.key("a"),
            AttributeUpdates={
                "age": {"Action": "ADD", "Value": {"N": "5"}},
                "kind": {"Action": "PUT", "Value": {"S": "dog"}},
                "gone": {"Action": "DELETE"},
            },
            Expected={"age": {"Value": {"N": "1"}}},
            ReturnValues="ALL_NEW",
        )
        self.assertEqual(self.key("a") | {"age": {"N": "6"}, "kind": {"S": "dog"}}, updated["Attributes"])


if __name__ == "__main__":
    unittest.main()
