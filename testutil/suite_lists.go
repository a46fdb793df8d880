package testutil

import (
	"context"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

type (
	specInfo        = packagedb.SpecInfo
	credentialsInfo = packagedb.CredentialsInfo
	option          = packagedb.ListOption
)

// listing is one of a user's lists, in both of its forms.
type listing[T any] struct {
	*suiteUser
	name     string // of the calls
	slice    func(ctx context.Context, sub string, options ...option) ([]T, error)
	iterator func(ctx context.Context, sub string, options ...option) iter.Seq2[T, error]
	key      func(T) string // what After takes
}

func (u *suiteUser) listSpecs() listing[specInfo] {
	id := func(s specInfo) string { return s.ID }
	return listing[specInfo]{u, "ListSpecs and Specs", u.ListSpecs, u.Specs, id}
}

func (u *suiteUser) listCredentials() listing[credentialsInfo] {
	id := func(c credentialsInfo) string { return c.ID }
	return listing[credentialsInfo]{u, "ListCredentials and Credentials", u.ListCredentials, u.Credentials, id}
}

func (u *suiteUser) listVersions(spec string) listing[specInfo] {
	return listing[specInfo]{
		u, "ListSpecVersions and SpecVersions",
		func(ctx context.Context, sub string, o ...option) ([]specInfo, error) {
			return u.ListSpecVersions(ctx, sub, spec, o...)
		},
		func(ctx context.Context, sub string, o ...option) iter.Seq2[specInfo, error] {
			return u.SpecVersions(ctx, sub, spec, o...)
		},
		func(s specInfo) string { return strconv.FormatInt(s.UpdatedAt, 10) },
	}
}

// checkedList is a listing of any results.
type checkedList interface {
	assertPages(limits ...int)
	assertInvalidLimit(limit int)
	assertEnds()
}

// lists returns all lists of the user, with that of the versions of one spec.
func (u *suiteUser) lists(spec string) []checkedList {
	return []checkedList{u.listSpecs(), u.listVersions(spec), u.listCredentials()}
}

// all returns what both forms of the list return.
func (l listing[T]) all(options ...option) []T {
	l.Helper()
	listed, err := l.slice(l.ctx, l.sub, options...)
	require.NoError(l, err, "%s: the slice", l.name)
	yielded := []T{}
	for result, err := range l.iterator(l.ctx, l.sub, options...) {
		require.NoError(l, err, "%s: the iterator", l.name)
		yielded = append(yielded, result)
	}
	require.Equal(l, yielded, listed, "%s: the iterator, and the slice, which is not nil", l.name)
	return listed
}

// ids returns the key of each result.
func (l listing[T]) ids(options ...option) []string {
	l.Helper()
	ids := []string{}
	for _, result := range l.all(options...) {
		ids = append(ids, l.key(result))
	}
	return ids
}

// pages returns the results of all pages, one after the other.
func (l listing[T]) pages(limit int, order ...option) []T {
	l.Helper()
	all := []T{}
	options := append(slices.Clip(order), packagedb.Limit(limit))
	for {
		page := l.all(options...)
		require.LessOrEqual(l, len(page), limit, "%s: the length of a page", l.name)
		all = append(all, page...)
		require.Less(l, len(all), 1000, "%s: the pages never end", l.name)
		if len(page) < limit {
			return all
		}
		options = append(slices.Clip(order), packagedb.Limit(limit), packagedb.After(l.key(page[limit-1])))
	}
}

// assertPages checks, in both orders, that pages of each limit are the list, and what follows its middle.
func (l listing[T]) assertPages(limits ...int) {
	l.Helper()
	ascending := l.all()
	require.NotEmpty(l, ascending, l.name)
	descending := slices.Clone(ascending)
	slices.Reverse(descending)
	require.Equal(l, descending, l.all(packagedb.Descending()), "%s: descending", l.name)
	for _, limit := range limits {
		assert.Equal(l, ascending, l.pages(limit), "%s: pages of %d", l.name, limit)
		assert.Equal(l, descending, l.pages(limit, packagedb.Descending()), "%s: pages of %d, descending", l.name, limit)
	}
	middle := len(ascending) / 2
	after := packagedb.After(l.key(ascending[middle]))
	assert.Equal(l, ascending[middle+1:], l.all(after), "%s: after the middle", l.name)
	assert.Equal(l, descending[len(descending)-middle:], l.all(after, packagedb.Descending()),
		"%s: after the middle, descending", l.name)
}

func (l listing[T]) assertEmpty(options ...option) {
	l.Helper()
	assert.Equal(l, []T{}, l.all(options...), l.name)
}

func (l listing[T]) assertInvalidLimit(limit int) {
	l.Helper()
	for _, options := range [][]option{
		{packagedb.Limit(limit)}, {packagedb.Limit(limit), packagedb.After("1"), packagedb.Descending()},
	} {
		listed, err := l.slice(l.ctx, l.sub, options...)
		assert.Nil(l, listed, l.name)
		for _, err := range []error{err, first(l.iterator(l.ctx, l.sub, options...))} {
			assert.ErrorIs(l, err, packagedb.ErrInvalidInput, "%s: limit %d", l.name, limit)
			assert.ErrorContains(l, err, "limit", l.name)
		}
	}
}

// assertEnds stops an iteration after its first result, and cancels one.
func (l listing[T]) assertEnds() {
	l.Helper()
	assert.NoError(l, first(l.iterator(l.ctx, l.sub)), l.name)
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	var errs []error
	for _, err := range l.iterator(ctx, l.sub) {
		errs = append(errs, err)
		cancel()
	}
	require.Len(l, errs, 2, "%s: a result and the context's error", l.name)
	assert.NoError(l, errs[0], l.name)
	assert.ErrorIs(l, errs[1], context.Canceled, l.name)
}

// first returns the error that the sequence yields first.
func first[T any](sequence iter.Seq2[T, error]) error {
	for _, err := range sequence {
		return err
	}
	return nil
}

// sortedIDs are ids in order, among them those whose keys are among or next to those of the spec "a".
var sortedIDs = []string{
	"10", "9", "a", "a b", "a#", "a##", "a#00000000000000000001", "a#1", "a#1700000000000", "a#99999999999999999999",
	"a#b", "a#latest", "a-b", "b", "latest", "latest#a", "z", "é",
}

func checkOrder(u *suiteUser) {
	versions := []string{"1", "2", "3", "4", "5"}
	for _, id := range slices.Backward(sortedIDs) {
		for _, version := range versions {
			u.createNamed(version, id)
		}
	}
	u.putNamed("é", "b", "a#b", "a b", "a#", "a", "C")
	assert.Equal(u, sortedIDs, u.listSpecs().ids(), "ListSpecs")
	assert.Equal(u, []string{"C", "a", "a b", "a#", "a#b", "b", "é"}, u.listCredentials().ids(), "ListCredentials")
	for _, name := range []string{"a", "a#", "a#b"} {
		assert.Equal(u, versions, u.versions(name), "ListSpecVersions(%q)", name)
		u.listVersions(name).assertPages(1, 2, 5, 6, math.MaxInt)
	}
	u.listSpecs().assertPages(1, 2, 3, len(sortedIDs), len(sortedIDs)+1, math.MaxInt)
	u.listCredentials().assertPages(1, 2, 7, 8, math.MaxInt)
}

func checkLargeLists(u *suiteUser) {
	const count = 6
	large := strings.Repeat("x", 190_000)
	specs, versions, credentials := []specInfo{}, []specInfo{}, []credentialsInfo{}
	for i := range count {
		id := strconv.Itoa(i)
		spec := packagedb.SpecInput{Name: "spec " + id, Version: id, ModelCount: 1, Description: large}
		specs = append(specs, u.create(spec))
		spec.Name = "versions"
		versions = append(versions, u.create(spec))
		input := newCredentials(u.sub, id)
		input.Salt = []byte(large)
		u.put(input)
		credentials = append(credentials, credentialsInfo{ID: id, PublicKey: input.PublicKey, Salt: input.Salt})
	}
	assert.Equal(u, append(specs, versions[count-1]), u.listSpecs().all(), "ListSpecs")
	assert.Equal(u, versions, u.history("versions"), "ListSpecVersions")
	assert.Equal(u, credentials, u.listCredentials().all(), "ListCredentials")
	for _, list := range u.lists("versions") {
		list.assertPages(count) // a page of more than 1 MB
	}
	assert.Equal(u, count+1, u.count(), "CountCustomerModels")
	assert.Equal(u, versions[0], u.specVersion("versions", "0"), "GetSpecVersion")
}

func checkEmptyLists(u *suiteUser) {
	nobody := u.other()
	nobody.listSpecs().assertEmpty()
	nobody.listCredentials().assertEmpty()
	assert.Zero(u, nobody.count(), "CountCustomerModels")
	u.createNamed("1", "b")
	u.putNamed("b")
	last := strconv.FormatInt(u.spec("b").UpdatedAt, 10)
	for _, user := range []*suiteUser{u, nobody} {
		for _, pastEnd := range [][]option{
			{packagedb.After("c")},
			{packagedb.After("a"), packagedb.Descending(), packagedb.Limit(1)},
		} {
			user.listSpecs().assertEmpty(pastEnd...)
			user.listCredentials().assertEmpty(pastEnd...)
		}
		user.listVersions("b").assertEmpty(packagedb.After(last))
		user.listVersions("b").assertEmpty(packagedb.After("0"), packagedb.Descending())
	}
}

func checkNextPage(u *suiteUser) {
	u.createNamed("1", "b", "d", "f", "h")
	u.putNamed("b", "d", "f", "h")
	lists := []func(...option) []string{u.listSpecs().ids, u.listCredentials().ids}
	for _, ids := range lists {
		require.Equal(u, []string{"b", "d"}, ids(packagedb.Limit(2)))
	}
	for _, gone := range []string{"d", "f"} {
		require.NoError(u, u.DeleteSpec(u.ctx, u.sub, gone), "DeleteSpec")
		require.NoError(u, u.DeleteCredentials(u.ctx, u.sub, gone), "DeleteCredentials")
	}
	u.createNamed("1", "a", "e", "i")
	u.putNamed("a", "e", "i")
	for _, ids := range lists {
		assert.Equal(u, []string{"e", "h"}, ids(packagedb.After("d"), packagedb.Limit(2)))
		assert.Equal(u, []string{"b", "a"}, ids(packagedb.After("d"), packagedb.Descending()))
	}
}

func checkNextVersions(u *suiteUser) {
	written := u.write(3)
	list := u.listVersions("spec")
	require.Equal(u, written[:2], list.all(packagedb.Limit(2)))
	next := packagedb.After(list.key(written[1]))
	fourth := u.create(packagedb.SpecInput{Name: "spec", Version: "4"})
	assert.Equal(u, []specInfo{written[2], fourth}, list.all(next))
	assert.Equal(u, written[:1], list.all(next, packagedb.Descending()))
	between := packagedb.After(strconv.FormatInt(written[0].UpdatedAt-1, 10))
	assert.Equal(u, append(written, fourth), list.all(between), "After of a second without a version")
	require.NoError(u, u.DeleteSpec(u.ctx, u.sub, "spec"), "DeleteSpec")
	list.assertEmpty(next)
	u.createNamed("1", "spec#b")
	list.assertEmpty(next, packagedb.Limit(1))
}

func checkLimit(u *suiteUser) {
	u.createNamed("1", "spec")
	for _, list := range u.lists("spec") {
		for _, limit := range []int{0, -1, math.MinInt} {
			list.assertInvalidLimit(limit)
		}
	}
}

func checkIteration(u *suiteUser) {
	for _, version := range []string{"1", "2", "3"} {
		u.createNamed(version, "spec", "spec "+version)
		u.putNamed(version)
	}
	for _, list := range u.lists("spec") {
		list.assertEnds()
	}
}
