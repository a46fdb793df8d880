package testutil

import (
	"iter"
	"math"
	"slices"
	"strconv"

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
	slice    func(...option) ([]T, error)
	iterator func(...option) iter.Seq2[T, error]
	key      func(T) string // what After takes
}

func (u *suiteUser) listSpecs() listing[specInfo] {
	return listing[specInfo]{
		u,
		func(o ...option) ([]specInfo, error) { return u.ListSpecs(u.ctx, u.sub, o...) },
		func(o ...option) iter.Seq2[specInfo, error] { return u.Specs(u.ctx, u.sub, o...) },
		func(s specInfo) string { return s.ID },
	}
}

func (u *suiteUser) listVersions(name string) listing[specInfo] {
	return listing[specInfo]{
		u,
		func(o ...option) ([]specInfo, error) { return u.ListSpecVersions(u.ctx, u.sub, name, o...) },
		func(o ...option) iter.Seq2[specInfo, error] { return u.SpecVersions(u.ctx, u.sub, name, o...) },
		func(s specInfo) string { return strconv.FormatInt(s.UpdatedAt, 10) },
	}
}

func (u *suiteUser) listCredentials() listing[credentialsInfo] {
	return listing[credentialsInfo]{
		u,
		func(o ...option) ([]credentialsInfo, error) { return u.ListCredentials(u.ctx, u.sub, o...) },
		func(o ...option) iter.Seq2[credentialsInfo, error] { return u.Credentials(u.ctx, u.sub, o...) },
		func(c credentialsInfo) string { return c.ID },
	}
}

// all returns what both forms of the list return.
func (l listing[T]) all(options ...option) []T {
	l.Helper()
	listed, err := l.slice(options...)
	require.NoError(l, err, "the list as a slice")
	yielded := []T{}
	for result, err := range l.iterator(options...) {
		require.NoError(l, err, "the list as an iterator")
		yielded = append(yielded, result)
	}
	require.Equal(l, yielded, listed, "the list as an iterator and as a slice that is not nil")
	return listed
}

// pages returns the results of all pages, one after the other.
func (l listing[T]) pages(limit int, order ...option) []T {
	l.Helper()
	all := []T{}
	options := append(slices.Clip(order), packagedb.Limit(limit))
	for {
		page := l.all(options...)
		require.LessOrEqual(l, len(page), limit, "the length of a page")
		all = append(all, page...)
		if len(page) < limit {
			return all
		}
		options = append(slices.Clip(order), packagedb.Limit(limit), packagedb.After(l.key(page[limit-1])))
	}
}

// inBothOrders calls check with the list in each order.
func (l listing[T]) inBothOrders(check func(want []T, order ...option)) {
	l.Helper()
	want := l.all()
	check(want)
	want = slices.Clone(want)
	slices.Reverse(want)
	check(want, packagedb.Descending())
}

// assertPages checks that pages of each limit, in both orders, are the list.
func (l listing[T]) assertPages(limits ...int) {
	l.Helper()
	l.inBothOrders(func(want []T, order ...option) {
		require.Equal(l, want, l.all(order...), "descending: %v", order != nil)
		for _, limit := range limits {
			assert.Equal(l, want, l.pages(limit, order...), "pages of %d, descending: %v", limit, order != nil)
		}
	})
}

// assertAfter checks what comes after each result, in both orders.
func (l listing[T]) assertAfter() {
	l.Helper()
	l.inBothOrders(func(want []T, order ...option) {
		for i, result := range want {
			after := append(slices.Clip(order), packagedb.After(l.key(result)))
			assert.Equal(l, want[i+1:], l.all(after...), "after result %d, descending: %v", i, order != nil)
		}
	})
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

// hashNames are names of specs, by id, whose keys are among or next to those of the spec "a".
var hashNames = []string{
	"a", "a#", "a##", "a#00000000000000000001", "a#1", "a#99999999999999999999", "a#b", "a#latest", "a-b", "b",
	"latest", "latest#a",
}

var pagePromises = []promise{
	{"pages of specs are the list, whatever their names", func(u *suiteUser) {
		u.createNamed("1", hashNames...)
		u.createNamed("2", hashNames...)
		list := u.listSpecs()
		require.Equal(u, hashNames, list.ids())
		list.assertPages(1, 2, 3, len(hashNames), len(hashNames)+1, math.MaxInt)
		list.assertAfter()
	}},
	{"pages of a history are the history, whatever the names of other specs", func(u *suiteUser) {
		for _, version := range []string{"1", "2", "3", "4", "5"} {
			u.createNamed(version, hashNames...)
		}
		for _, name := range []string{"a", "a#", "a#b"} {
			list := u.listVersions(name)
			require.Equal(u, []string{"1", "2", "3", "4", "5"}, versionsOf(list.all()), name)
			list.assertPages(1, 2, 5, 6, math.MaxInt)
			list.assertAfter()
		}
	}},
	{"pages of credentials are the list", func(u *suiteUser) {
		for _, id := range []string{"a", "a#", "a#b", "b", "é"} {
			u.put(newCredentials(u.sub, id))
		}
		list := u.listCredentials()
		list.assertPages(1, 2, 5, 6, math.MaxInt)
		list.assertAfter()
	}},
	{"a page past the end is empty and not nil", func(u *suiteUser) {
		u.createNamed("1", "b")
		u.put(newCredentials(u.sub, "b"))
		last := strconv.FormatInt(u.spec("b").UpdatedAt, 10)
		for _, user := range []*suiteUser{u, u.other()} {
			for _, options := range [][]option{
				{packagedb.After("c")},
				{packagedb.After("a"), packagedb.Descending(), packagedb.Limit(1)},
			} {
				assert.Equal(u, []specInfo{}, user.listSpecs().all(options...))
				assert.Equal(u, []credentialsInfo{}, user.listCredentials().all(options...))
			}
			assert.Equal(u, []specInfo{}, user.listVersions("b").all(packagedb.After(last)))
			assert.Equal(u, []specInfo{}, user.listVersions("b").all(packagedb.After("0"), packagedb.Descending()))
		}
	}},
	{"the next page begins after a result that is gone, with what is there by then", func(u *suiteUser) {
		u.createNamed("1", "b", "d", "f", "h")
		for _, id := range []string{"b", "d", "f", "h"} {
			u.put(newCredentials(u.sub, id))
		}
		specs, credentials := u.listSpecs(), u.listCredentials()
		require.Equal(u, []string{"b", "d"}, specs.ids(packagedb.Limit(2)))
		require.Equal(u, []string{"b", "d"}, credentials.ids(packagedb.Limit(2)))
		for _, gone := range []string{"d", "f"} {
			require.NoError(u, u.DeleteSpec(u.ctx, u.sub, gone), "DeleteSpec")
			require.NoError(u, u.DeleteCredentials(u.ctx, u.sub, gone), "DeleteCredentials")
		}
		u.createNamed("1", "a", "e", "i")
		for _, id := range []string{"a", "e", "i"} {
			u.put(newCredentials(u.sub, id))
		}
		for _, ids := range []func(...option) []string{specs.ids, credentials.ids} {
			assert.Equal(u, []string{"e", "h"}, ids(packagedb.After("d"), packagedb.Limit(2)))
			assert.Equal(u, []string{"b", "a"}, ids(packagedb.After("d"), packagedb.Descending()))
		}
	}},
	{"the next page of a history has what was written meanwhile, and nothing once the spec is gone", func(u *suiteUser) {
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
		assert.Equal(u, []specInfo{}, list.all(next))
		u.createNamed("1", "spec#b")
		assert.Equal(u, []specInfo{}, list.all(next, packagedb.Limit(1)))
	}},
	{"a limit less than 1 is ErrInvalidInput", func(u *suiteUser) {
		u.createNamed("1", "spec")
		for _, limit := range []int{0, -1, math.MinInt} {
			assertInvalidLimit(u.listSpecs(), limit)
			assertInvalidLimit(u.listVersions("spec"), limit)
			assertInvalidLimit(u.listCredentials(), limit)
		}
	}},
}

func assertInvalidLimit[T any](l listing[T], limit int) {
	l.Helper()
	for _, options := range [][]option{
		{packagedb.Limit(limit)}, {packagedb.Limit(limit), packagedb.After("1"), packagedb.Descending()},
	} {
		listed, err := l.slice(options...)
		assert.ErrorIs(l, err, packagedb.ErrInvalidInput, "limit %d", limit)
		assert.ErrorContains(l, err, "limit")
		assert.Nil(l, listed)
		assert.ErrorIs(l, first(l.iterator(options...)), packagedb.ErrInvalidInput, "limit %d", limit)
	}
}

// first returns the error that the sequence yields first.
func first[T any](sequence iter.Seq2[T, error]) error {
	for _, err := range sequence {
		return err
	}
	return nil
}
