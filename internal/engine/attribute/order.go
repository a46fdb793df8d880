package attribute

// Equal tells whether two values are of the same kind and the same content.
// Sets are equal when they have the same members in any order.
func Equal(a, b Value) bool { return false }

// Compare orders two strings or two binaries by their bytes and two numbers by
// magnitude. It reports false where the kinds differ or have no order.
func Compare(a, b Value) (int, bool) { return 0, false }
