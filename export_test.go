package packagedb

// CanonicalID is what turns names into ids, for tests from outside.
var CanonicalID = canonicalID
