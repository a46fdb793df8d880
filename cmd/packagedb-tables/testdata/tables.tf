resource "aws_dynamodb_table" "specs" {
  name                        = "package.specs"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "sub"
  range_key                   = "updated_at_id"

  attribute {
    name = "sub"
    type = "S"
  }
  attribute {
    name = "updated_at_id"
    type = "S"
  }
  attribute {
    name = "id_updated_at"
    type = "S"
  }

  local_secondary_index {
    name            = "idUpdatedAt"
    range_key       = "id_updated_at"
    projection_type = "ALL"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "credentials" {
  name                        = "package.credentials"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "sub"
  range_key                   = "id"

  attribute {
    name = "sub"
    type = "S"
  }
  attribute {
    name = "id"
    type = "S"
  }
  attribute {
    name = "public_key"
    type = "S"
  }

  global_secondary_index {
    name            = "publicKey"
    hash_key        = "public_key"
    projection_type = "ALL"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
