package main

import (
	"context"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

const (
	quietFor   = 15 * time.Second
	quietBytes = 64 << 20 // a process that allocates less in that time has little to do
)

// giveBack returns memory to the system while little happens, until ctx ends: the runtime by itself lets garbage double the
// heap before it looks, and keeps a busy time's memory for minutes.
func giveBack(ctx context.Context) {
	allocated := []runtimemetrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	tick := time.NewTicker(quietFor)
	defer tick.Stop()
	for last := uint64(0); ; {
		debug.FreeOSMemory()
		for busy := true; busy; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			runtimemetrics.Read(allocated)
			now := allocated[0].Value.Uint64()
			busy = now-last > quietBytes
			last = now
		}
	}
}
