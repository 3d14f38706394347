package route

import (
	"context"
	"testing"

	"caudal/protocol"
)

func TestWhatWaitsForAConnectionThatHasGoneIsNotDone(t *testing.T) {
	for _, gone := range []bool{false, true} {
		s := &session{}
		s.gone.Store(gone)
		done := false
		p := newPool(1, 1)
		c := call{Router: &Router{ctx: context.Background()}, session: s}
		if !c.queue(p, &s.desk, func(context.Context) (*protocol.Reply, error) { done = true; return nil, nil }) {
			t.Fatal("an empty pool is full")
		}
		p.close() // waits for what is queued
		if done == gone {
			t.Errorf("gone %t: done is %t", gone, done)
		}
	}
}
