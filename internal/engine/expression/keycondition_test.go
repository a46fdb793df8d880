package expression

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

func TestKeyCondition_Terms(t *testing.T) {
	x, y, five := attribute.S("x"), attribute.S("y"), attribute.Integer(5)
	term := func(name string, op KeyOp, values ...attribute.Value) KeyTerm { return KeyTerm{name, op, values} }
	for _, test := range []struct {
		name, text string
		want       []KeyTerm
	}{
		{"two attributes", "pk = :v AND sk = :w", []KeyTerm{term("pk", KeyEqual, x), term("sk", KeyEqual, y)}},
		{"more attributes", "pk = :v AND (sk = :w AND x = :v)", []KeyTerm{term("pk", KeyEqual, x), term("sk", KeyEqual, y), term("x", KeyEqual, x)}},
		{"parentheses", "((pk) = (:v) AND (sk < :w))", []KeyTerm{term("pk", KeyEqual, x), term("sk", KeyLess, y)}},
		{"greater or equal", "sk >= :w", []KeyTerm{term("sk", KeyGreaterOrEqual, y)}},
		{"between", "sk BETWEEN :v AND :w AND pk = :m", []KeyTerm{term("sk", KeyBetween, x, y), term("pk", KeyEqual, five)}},
		{"a prefix", "begins_with(sk, :v)", []KeyTerm{term("sk", KeyBeginsWith, x)}},
		{"the attribute on the right of =", ":v = pk", []KeyTerm{term("pk", KeyEqual, x)}},
		{"the attribute on the right of <", ":v < sk", []KeyTerm{term("sk", KeyGreater, x)}},
		{"the attribute on the right of <=", ":v <= sk", []KeyTerm{term("sk", KeyGreaterOrEqual, x)}},
		{"the attribute on the right of >", ":v > sk", []KeyTerm{term("sk", KeyLess, x)}},
		{"the attribute on the right of >=", ":v >= sk", []KeyTerm{term("sk", KeyLessOrEqual, x)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			condition, err := ParseCondition("KeyConditionExpression", test.text, newAttributes(t, sampleNames, sampleValues))
			require.NoError(t, err)
			got, err := condition.Terms()
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
			for _, path := range condition.Paths() {
				assert.Equal(t, test.want[0].Attribute, path.Attribute(), path)
				break
			}
		})
	}
}

// The expectations are what DynamoDB Local returns.
func TestKeyCondition_TermsErrors(t *testing.T) {
	const (
		invalidOperator = "Invalid operator used in KeyConditionExpression: "
		nestedOperation = "KeyConditionExpressions cannot contain nested operations"
		nestedAttribute = "KeyConditionExpressions cannot have conditions on nested attributes"
		multiple        = "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
		noAttribute     = "Invalid condition in KeyConditionExpression: No key attribute specified"
		onePerKey       = "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
		firstBetween    = "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand"
		firstBeginsWith = "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand"
	)
	for _, test := range []struct{ text, want string }{
		{"pk = :v OR sk = :w", invalidOperator + "OR"},
		{"pk = :v AND NOT sk = :w", invalidOperator + "NOT"},
		{"pk <> :v", invalidOperator + "<>"},
		{"pk IN (:v)", invalidOperator + "IN"},
		{"pk = :v AND attribute_exists(sk)", invalidOperator + "attribute_exists"},
		{"pk = :v AND (NOT sk = :w OR sk IN (:v))", invalidOperator + "OR"},
		{"attribute_exists(pk) AND x.y = :v", invalidOperator + "attribute_exists"},
		{"pk = size(:v)", nestedOperation},
		{"pk = size(y.b)", nestedOperation},
		{"x BETWEEN size(y) AND z.b", nestedOperation},
		{"x.y = :v AND attribute_exists(pk)", nestedAttribute},
		{"x[0] = :v", nestedAttribute},
		{"x.a = y", nestedAttribute},
		{"x = y.b", multiple},
		{"sk BETWEEN pk AND :w", multiple},
		{":v = :w AND pk = :v", noAttribute},
		{"begins_with(:w, sk)", firstBeginsWith},
		{":v BETWEEN sk AND :w", firstBetween},
		{"pk = :v AND sk >= :v AND sk <= :w", onePerKey},
		{"pk = :v AND x = :v AND y = :v AND y = :w", onePerKey},
	} {
		condition, err := ParseCondition("KeyConditionExpression", test.text, newAttributes(t, sampleNames, sampleValues))
		if err == nil {
			_, err = condition.Terms()
		}
		assert.Equal(t, test.want, message(err))
	}
}
