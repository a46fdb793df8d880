package testutil

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// createOnce calls CreateSpecVersion for the spec "spec".
func (u *suiteUser) createOnce(version, title string) (*specInfo, error) {
	spec := packagedb.SpecInput{Name: "spec", Version: version, ModelCount: 3, Title: title}
	return u.CreateSpecVersion(u.ctx, u.sub, spec)
}

// assertExists checks that the spec "spec" has the version, and that another call for it changes nothing.
func (u *suiteUser) assertExists(version string) {
	u.Helper()
	before := u.history("spec")
	stored, err := u.createOnce(version, "another")
	assert.ErrorIs(u, err, packagedb.ErrExists, "CreateSpecVersion of version %q again", version)
	assert.Nil(u, stored, "CreateSpecVersion of version %q again", version)
	assert.Equal(u, before, u.history("spec"), "after CreateSpecVersion of version %q again", version)
	u.assertWhole()
}

func checkVersionOnce(u *suiteUser) {
	first := u.create(packagedb.SpecInput{Name: "spec", Version: "first"})
	const callers = 8
	stored, errs := make([]*specInfo, callers), make([]error, callers)
	var running sync.WaitGroup
	for i := range callers {
		running.Go(func() { stored[i], errs[i] = u.createOnce("once", fmt.Sprint("by ", i)) })
	}
	written := u.writeAtOnce(2, "")
	running.Wait()
	created := slices.Index(errs, nil)
	require.GreaterOrEqual(u, created, 0, "one of the callers of CreateSpecVersion succeeds: %v", errs)
	for i, err := range errs {
		if i != created {
			assert.ErrorIs(u, err, packagedb.ErrExists, "CreateSpecVersion at the same time")
			assert.Nil(u, stored[i], "CreateSpecVersion at the same time")
		}
	}
	require.NotNil(u, stored[created], "CreateSpecVersion")
	assert.Equal(u, fmt.Sprint("by ", created), stored[created].Title)
	assert.ElementsMatch(u, append(written, first, *stored[created]), u.history("spec"))
	u.assertExists("once")

	neighbor := u.other()
	_, err := neighbor.createOnce("once", "")
	require.NoError(u, err, "CreateSpecVersion of another user")
	require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
	again, err := u.createOnce("once", "after the delete")
	require.NoError(u, err, "CreateSpecVersion after DeleteSpec")
	assert.Equal(u, []specInfo{*again}, u.history("spec"))
}

func checkVersionExists(u *suiteUser) {
	u.createNamed("1", "spec#", "spec#1")
	written := []specInfo{}
	for i, version := range []string{"1", "2", "1.0", "01", "1 "} {
		stored, err := u.createOnce(version, "title")
		require.NoError(u, err, "CreateSpecVersion of version %q", version)
		require.NotNil(u, stored, "CreateSpecVersion of version %q", version)
		want := specInfo{ID: "spec", Name: "spec", Version: version, ModelCount: 3, Title: "title"}
		want.UpdatedAt = stored.UpdatedAt
		assert.Equal(u, want, *stored)
		if i > 0 {
			assert.Greater(u, stored.UpdatedAt, written[i-1].UpdatedAt)
		}
		written = append(written, *stored)
	}
	assert.Equal(u, written, u.history("spec"))
	written = append(written, u.create(packagedb.SpecInput{Name: "SPEC", Version: "3"}))
	for _, entry := range written {
		u.assertExists(entry.Version)
	}
	_, err := u.CreateSpecVersion(u.ctx, u.sub, packagedb.SpecInput{Name: "Spec", Version: "2"})
	assert.True(u, errors.Is(err, packagedb.ErrExists), "another spelling of the name")
}
