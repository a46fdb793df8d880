package attribute

// Size is the item's size in bytes by DynamoDB's rule: the names plus the values.
func Size(it Item) int { return 0 }

// Size is the value's size in bytes by DynamoDB's rule.
func (v Value) Size() int { return 0 }
