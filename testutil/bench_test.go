package testutil_test

import (
	"runtime"
	"testing"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// BenchmarkNew tells how long a database takes to make and how much memory it holds on to.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	var databases []packagedb.Database
	before := heapInUse()
	for b.Loop() {
		databases = append(databases, testutil.New(b))
	}
	b.ReportMetric(float64(heapInUse()-before)/float64(len(databases)), "held-B/op")
	runtime.KeepAlive(databases)
}

func heapInUse() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// BenchmarkDatabase compares calls that need no socket with calls over TCP.
func BenchmarkDatabase(b *testing.B) {
	b.Run("loopback", func(b *testing.B) { benchmarkCalls(b, testutil.New(b)) })
	b.Run("TCP", func(b *testing.B) { benchmarkCalls(b, mustGet(b)) })
}

func benchmarkCalls(b *testing.B, db packagedb.Database) {
	ctx := b.Context()
	sub := b.Name()
	b.Run("CreateUpdateCredentials", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			if err := db.CreateUpdateCredentials(ctx, sub, testutil.Credentials(n)); err != nil {
				b.Fatal(err)
			}
			n++
		}
	})
	b.Run("CreateUpdateSpec", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			if err := db.CreateUpdateSpec(ctx, sub, testutil.Spec(n)); err != nil {
				b.Fatal(err)
			}
			n++
		}
	})
	b.Run("GetSpec", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := db.GetSpec(ctx, sub, testutil.Spec(0).Name); err != nil {
				b.Fatal(err)
			}
		}
	})
	small := b.Name() + "/100"
	for n := range 100 {
		if err := db.CreateUpdateSpec(ctx, small, testutil.Spec(n)); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("ListSpecs of 100", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := db.ListSpecs(ctx, small); err != nil {
				b.Fatal(err)
			}
		}
	})
}
