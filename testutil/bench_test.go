package testutil_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// BenchmarkNew measures the time to create a database and the memory that it uses.
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
	ctx, sub := b.Context(), b.Name()
	measure := func(name string, call func(n int) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				require.NoError(b, call(n))
			}
		})
	}
	measure("CreateUpdateCredentials", func(n int) error {
		return db.CreateUpdateCredentials(ctx, sub, testutil.Credentials(n))
	})
	measure("CreateUpdateSpec", func(n int) error {
		_, err := db.CreateUpdateSpec(ctx, sub, testutil.Spec(n))
		return err
	})
	measure("GetSpec", func(int) error {
		_, err := db.GetSpec(ctx, sub, testutil.Spec(0).Name)
		return err
	})
	for n := range 100 {
		_, err := db.CreateUpdateSpec(ctx, sub+" 100", testutil.Spec(n))
		require.NoError(b, err)
	}
	measure("ListSpecs of 100", func(int) error {
		_, err := db.ListSpecs(ctx, sub+" 100")
		return err
	})
}
