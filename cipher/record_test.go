package cipher

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"caudal/cipher/noise"
)

// counterOf reaches the counter that package noise keeps to itself, to test what would take 2^64 records.
func counterOf(state *noise.CipherState) *uint64 {
	return (*uint64)(unsafe.Pointer(reflect.ValueOf(state).Elem().FieldByName("counter").UnsafeAddr()))
}

func skipTo(from, to *Channel, counter uint64) {
	*counterOf(&from.sending.cipher) = counter
	*counterOf(&to.opening.cipher) = counter
}

// sealRaw makes an authentic message of any plaintext, as only a broken or hostile peer would.
func sealRaw(tb testing.TB, from *Channel, plaintext []byte) []byte {
	tb.Helper()
	message, err := from.sending.cipher.Seal(nil, nil, plaintext)
	if err != nil {
		tb.Fatal(err)
	}
	return message
}

func TestBucketsAreThePublishedOnes(t *testing.T) {
	buckets := []int{64, 128, 256, 512, 1024, 2048, 4096}
	for n := 8192; n <= 61440; n += 4096 {
		buckets = append(buckets, n)
	}
	next := 0
	for body := 0; body <= MaxBody; body++ {
		if 3+body > buckets[next] {
			next++
		}
		if got := SealedLen(body); got != buckets[next]+16 {
			t.Fatalf("a body of %d bytes makes a message of %d, want %d", body, got, buckets[next]+16)
		}
	}
	if next != len(buckets)-1 || MaxBody != 61437 || MaxMessage != 61456 {
		t.Fatalf("the last bucket is %d, MaxBody %d, MaxMessage %d", buckets[next], MaxBody, MaxMessage)
	}
}

func TestBodiesOfEverySizeArrive(t *testing.T) {
	client, server := newPair(t, Classic)
	body := make([]byte, MaxBody)
	for i := range body {
		body[i] = byte(i*7 + 1)
	}
	message, plaintext := make([]byte, 0, MaxMessage), make([]byte, 0, MaxMessage)
	for n := 0; n <= MaxBody; n += 1 + n/64 {
		var err error
		if message, err = client.Seal(message[:0], body[:n]); err != nil {
			t.Fatal(err)
		}
		if len(message) != SealedLen(n) {
			t.Fatalf("%d bytes: a message of %d, SealedLen says %d", n, len(message), SealedLen(n))
		}
		record, err := server.Open(plaintext, message)
		if err != nil || record.Type != RecordData || !bytes.Equal(record.Body, body[:n]) {
			t.Fatalf("%d bytes: type %d, %d bytes, %v", n, record.Type, len(record.Body), err)
		}
	}
	if _, err := client.Seal(nil, make([]byte, MaxBody+1)); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("%v, want ErrTooLarge", err)
	}
	mustOpen(t, server, mustSeal(t, client, "goes on"), "goes on")
}

func TestSealAppendsAndOpenWorksInPlace(t *testing.T) {
	client, server := newPair(t, Classic)
	out, err := client.Seal([]byte("before"), []byte("one"))
	if err != nil || !bytes.HasPrefix(out, []byte("before")) {
		t.Fatalf("%q, %v", out, err)
	}
	record, err := server.Open([]byte("kept"), out[len("before"):])
	if err != nil || string(record.Body) != "one" {
		t.Fatalf("%q, %v", record.Body, err)
	}
	buffer := append(make([]byte, 0, 256), "a body in the very buffer"...)
	if out, err = client.Seal(buffer[:0], buffer); err != nil {
		t.Fatal(err)
	}
	record, err = server.Open(out[:0], out)
	if err != nil || string(record.Body) != "a body in the very buffer" {
		t.Fatalf("%q, %v", record.Body, err)
	}
	if cap(record.Body) != len(record.Body) {
		t.Error("an append to the body would write over the buffer")
	}
}

func TestLengthsTellOnlyTheBucket(t *testing.T) {
	client, _ := newPair(t, Hybrid)
	lengths := map[int]bool{}
	for n := range 62 {
		lengths[len(mustSeal(t, client, string(make([]byte, n))))] = true
	}
	closing, err := client.SealClose(nil, 4000)
	if err != nil {
		t.Fatal(err)
	}
	lengths[len(closing)] = true
	if len(lengths) != 1 {
		t.Fatalf("short bodies and a close record have the lengths %v", lengths)
	}
}

func TestEveryBitOfARecordCounts(t *testing.T) {
	client, server := newPair(t, Hybrid)
	message := mustSeal(t, client, "the body of a record")
	forEachBit(message, func(bit int, flipped []byte) {
		if _, err := fork(server).Open(nil, flipped); !errors.Is(err, ErrAuthentication) {
			t.Errorf("bit %d: %v", bit, err)
		}
	})
	mustOpen(t, server, message, "the body of a record")
}

func TestTruncatedAndExtendedRecordsAreRefused(t *testing.T) {
	client, server := newPair(t, Hybrid)
	message := mustSeal(t, client, string(make([]byte, 200)))
	long := append(bytes.Clone(message), make([]byte, MaxMessage)...)
	for n := range len(long) {
		if n == len(message) {
			continue
		}
		_, err := fork(server).Open(nil, long[:n])
		possible := n >= 80 && n <= MaxMessage && bucket(n-16) == n-16
		if want := map[bool]error{false: ErrMalformedRecord, true: ErrAuthentication}[possible]; !errors.Is(err, want) {
			t.Fatalf("%d bytes: %v, want %v", n, err, want)
		}
	}
}

// A peer that holds the keys but does not keep to the format: authentic, and refused all the same.
func TestAuthenticButMalformedRecordsAreRefusedForGood(t *testing.T) {
	plaintext := func(n int, kind byte, length uint16, body string) []byte {
		p := make([]byte, n)
		p[0] = kind
		binary.BigEndian.PutUint16(p[1:], length)
		copy(p[3:], body)
		return p
	}
	for name, bad := range map[string][]byte{
		"type 0":                            plaintext(64, 0, 4, "body"),
		"type 3":                            plaintext(64, 3, 4, "body"),
		"type 255":                          plaintext(64, 255, 4, "body"),
		"length one short":                  plaintext(64, 1, 3, "body"),
		"length beyond the end":             plaintext(64, 1, 62, ""),
		"length far beyond the end":         plaintext(64, 1, 65535, ""),
		"one bucket too many":               plaintext(128, 1, 61, ""),
		"the largest for nothing":           plaintext(maxPlaintext, 1, 0, ""),
		"padding not zero at its start":     plaintext(64, 1, 0, "\x01"),
		"padding not zero at its end":       plaintext(64, 1, 0, string(append(make([]byte, 60), 1))),
		"padding not zero in the middle":    plaintext(256, 1, 130, string(append(make([]byte, 200), 0x80))),
		"no bucket":                         plaintext(80, 1, 4, "body"),
		"not even a header":                 {1},
		"nothing":                           {},
		"close without a code":              plaintext(64, 2, 0, ""),
		"close with one byte":               plaintext(64, 2, 1, "x"),
		"close with more than a code":       plaintext(64, 2, 3, "abc"),
		"close with a code and a bad pad":   plaintext(64, 2, 2, "abc"),
		"larger than the largest plaintext": plaintext(maxPlaintext+4096, 1, 61440, ""),
	} {
		client, server := newPair(t, Classic)
		message := sealRaw(t, client, bad)
		record, err := server.Open(nil, message)
		if !errors.Is(err, ErrMalformedRecord) || record.Body != nil {
			t.Errorf("%s: %v, want ErrMalformedRecord", name, err)
		}
		if _, err := server.Open(nil, mustSeal(t, client, "next")); !errors.Is(err, ErrDead) {
			t.Errorf("%s: afterwards %v, want ErrDead", name, err)
		}
		if !errors.Is(server.End(), ErrCut) {
			t.Errorf("%s: taken for a clean end", name)
		}
	}
}

func TestKeysChangeAtTheBoundaryAndTheCounterGoesOn(t *testing.T) {
	forEachPair(t, func(t *testing.T, from, to *Channel) {
		stubborn := fork(to) // keeps the first key
		message := make([]byte, 0, 80)
		for n := range rekeyInterval {
			message, err := from.Seal(message[:0], nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := to.Open(message[:0], message); err != nil {
				t.Fatalf("record %d: %v", n, err)
			}
		}
		want := Stats{Sealed: rekeyInterval, SealedRekeys: 1}
		if got := from.Stats(); got != want || to.Stats() != (Stats{Opened: rekeyInterval, OpenedRekeys: 1}) {
			t.Fatalf("stats at the boundary: %+v and %+v", got, to.Stats())
		}
		if n := from.sending.cipher.Counter(); n != rekeyInterval {
			t.Fatalf("the counter is %d after the first change of key, want %d", n, rekeyInterval)
		}
		first := mustSeal(t, from, "under the second key")
		*counterOf(&stubborn.opening.cipher) = rekeyInterval
		if _, err := stubborn.Open(nil, first); !errors.Is(err, ErrAuthentication) {
			t.Fatalf("the first key opens what came after it: %v", err)
		}
		mustOpen(t, to, first, "under the second key")
		mustOpen(t, from, mustSeal(t, to, "the other direction has its first key"), "the other direction has its first key")

		skipTo(from, to, 2*rekeyInterval-1)
		mustOpen(t, to, mustSeal(t, from, "last of the second"), "last of the second")
		mustOpen(t, to, mustSeal(t, from, "first of the third"), "first of the third")
		if got := to.Stats().OpenedRekeys; got != 2 {
			t.Fatalf("%d changes of key, want 2", got)
		}
	})
}

func TestACloseRecordAtTheBoundaryOpens(t *testing.T) {
	for _, counter := range []uint64{rekeyInterval - 1, rekeyInterval} {
		client, server := newPair(t, Classic)
		skipTo(client, server, rekeyInterval-1)
		if counter == rekeyInterval {
			mustOpen(t, server, mustSeal(t, client, ""), "")
		}
		message, err := client.SealClose(nil, 4000)
		if err != nil {
			t.Fatal(err)
		}
		if record, err := server.Open(nil, message); err != nil || record.Code != 4000 {
			t.Fatalf("counter %d: %+v, %v", counter, record, err)
		}
	}
}

func TestAUsedUpCounterIsRefused(t *testing.T) {
	forEachPair(t, func(t *testing.T, from, to *Channel) {
		skipTo(from, to, math.MaxUint64-1)
		last := mustSeal(t, from, "the last")
		mustOpen(t, to, last, "the last")
		for range 2 {
			if _, err := from.Seal(nil, []byte("more")); !errors.Is(err, ErrExhausted) {
				t.Fatalf("Seal: %v, want ErrExhausted", err)
			}
		}
		if _, err := from.SealClose(nil, 4000); !errors.Is(err, ErrExhausted) {
			t.Fatalf("SealClose: %v, want ErrExhausted", err)
		}
		if _, err := to.Open(nil, last); !errors.Is(err, ErrExhausted) {
			t.Fatalf("Open: %v, want ErrExhausted", err)
		}
	})
}

func TestBothHalvesAndStatsRunAtOnce(t *testing.T) {
	client, server := newPair(t, Hybrid)
	const records = 2000
	var all sync.WaitGroup
	pump := func(from, to *Channel) {
		wire := make(chan []byte, 16)
		all.Go(func() {
			defer close(wire)
			for n := range records {
				message, err := from.Seal(nil, fmt.Append(nil, n))
				if err != nil {
					t.Error(err)
					return
				}
				wire <- message
			}
		})
		all.Go(func() {
			n := 0
			for message := range wire {
				record, err := to.Open(nil, message)
				if err != nil || string(record.Body) != fmt.Sprint(n) {
					t.Errorf("record %d: %q, %v", n, record.Body, err)
				}
				n++
				_ = to.Stats()
			}
		})
	}
	pump(client, server)
	pump(server, client)
	all.Wait()
	if got, want := client.Stats(), (Stats{Sealed: records, Opened: records}); got != want {
		t.Fatalf("%+v, want %+v", got, want)
	}
}

// A server holds tens of thousands of channels. Two AES-GCM objects of the standard library are 768 bytes each (key
// schedules and GHASH table); all else is small, and nothing of the handshake may stay behind.
func TestAChannelIsSmall(t *testing.T) {
	const bytesMax, channels = 2048, 256
	for _, suite := range suites {
		honest := newHalfway(t, suite)
		kept := make([]*Channel, channels)
		before := heap()
		for i := range kept {
			channel, _, err := Accept(honest.config, honest.message1)
			if err != nil {
				t.Fatal(err)
			}
			kept[i] = channel
		}
		each := int(heap()-before) / channels
		runtime.KeepAlive(kept)
		if each > bytesMax {
			t.Errorf("%v: a channel keeps %d bytes, more than %d", suite, each, bytesMax)
		}
		t.Logf("%v: %d bytes a channel", suite, each)
	}
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
