package route

import (
	"slices"
	"sync"
	"testing"
)

func TestALaneRunsItsJobsInOrderAndOneAtATime(t *testing.T) {
	p := newPool(4, 1000)
	var l lane
	var ran []int // written by one job at a time: the race detector would see more
	for i := range 100 {
		if !p.submit(&l, func() { ran = append(ran, i) }) {
			t.Fatal("refused")
		}
	}
	p.close()
	if len(ran) != 100 || !slices.IsSorted(ran) {
		t.Fatalf("ran %v", ran)
	}
}

func TestLanesTakeTurns(t *testing.T) {
	p := newPool(1, 1000)
	var busy, other lane
	started, release := make(chan bool), make(chan bool)
	p.submit(&busy, func() { close(started); <-release })
	<-started
	var ran []string
	for range 50 {
		p.submit(&busy, func() { ran = append(ran, "busy") })
	}
	p.submit(&other, func() { ran = append(ran, "other") })
	close(release)
	p.close()
	if at := slices.Index(ran, "other"); at < 0 || at > 1 {
		t.Fatalf("the other lane's only job ran at place %d behind a busy lane's", at)
	}
}

func TestAFullPoolRefusesAtOnce(t *testing.T) {
	p := newPool(1, 3)
	started, release := make(chan bool), make(chan bool)
	p.submit(new(lane), func() { close(started); <-release })
	<-started
	ran := 0
	for range 3 {
		if !p.submit(new(lane), func() { ran++ }) {
			t.Fatal("refused with room left")
		}
	}
	if p.depth() != 3 || p.submit(new(lane), func() { ran += 100 }) {
		t.Fatalf("took a job beyond its bound; depth %d", p.depth())
	}
	close(release)
	p.close()
	if ran != 3 {
		t.Fatalf("ran %d", ran)
	}
	if p.submit(new(lane), func() {}) {
		t.Fatal("took a job after it was closed")
	}
}

func TestWhoQueuesMuchLeavesRoomForOthers(t *testing.T) {
	p := newPool(1, 100)
	started, release := make(chan bool), make(chan bool)
	p.submit(new(lane), func() { close(started); <-release })
	<-started
	hostile := make([]lane, 10) // connections
	taken := 0
	for i := range 1000 {
		if p.submit(&hostile[i%len(hostile)], func() {}) {
			taken++
		}
	}
	if taken != 50 {
		t.Errorf("took %d jobs of who queues much", taken)
	}
	for range 50 {
		if !p.submit(new(lane), func() {}) {
			t.Fatal("others are refused")
		}
	}
	close(release)
	p.close()
}

func TestJobsOfManyLanesAllRun(t *testing.T) {
	p := newPool(3, 100_000)
	var mu sync.Mutex
	ran := 0
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			lanes := make([]lane, 16)
			for i := range 1000 {
				p.submit(&lanes[i%16], func() { mu.Lock(); ran++; mu.Unlock() })
			}
		})
	}
	callers.Wait()
	p.close()
	if ran != 8000 {
		t.Fatalf("ran %d of 8000", ran)
	}
}
