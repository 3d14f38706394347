package route

import (
	"context"
	"sync"
	"time"
)

// seenInterval is how often devices' last_seen is written: a sign-in is not worth a commit of its own.
const seenInterval = 30 * time.Second

// seenMax bounds the devices that wait to be written; beyond it they are written at once.
const seenMax = 10_000

// seen gathers when devices were last seen and writes it in batches.
type seen struct {
	router *Router
	stop   chan struct{}
	full   chan struct{}
	ended  chan struct{}

	mu      sync.Mutex
	devices map[int64]time.Time
}

func newSeen(r *Router) *seen {
	s := &seen{
		router: r, stop: make(chan struct{}), full: make(chan struct{}, 1), ended: make(chan struct{}),
		devices: make(map[int64]time.Time),
	}
	go s.run()
	return s
}

// note says that a device is here now. It does not wait.
func (s *seen) note(device int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.devices[device] = s.router.now()
	if len(s.devices) >= seenMax {
		select {
		case s.full <- struct{}{}:
		default:
		}
	}
}

// close writes what is left.
func (s *seen) close() {
	close(s.stop)
	<-s.ended
}

func (s *seen) run() {
	defer close(s.ended)
	ticker := time.NewTicker(seenInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.write()
		case <-s.full:
			s.write()
		case <-s.stop:
			s.write()
			return
		}
	}
}

// write is best effort: what is lost is when a device was last seen.
func (s *seen) write() {
	s.mu.Lock()
	devices := s.devices
	s.devices = make(map[int64]time.Time)
	s.mu.Unlock()
	if len(devices) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), workTimeout)
	defer cancel()
	if err := s.router.config.Store.TouchDevices(ctx, devices); err != nil {
		s.router.config.Log.Warn("when devices were last seen was not written", "devices", len(devices), "error", err)
	}
}
