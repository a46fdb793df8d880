package packagedb

// CanonicalID is canonicalID for tests from outside the package.
var CanonicalID = canonicalID
