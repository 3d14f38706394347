package cipher

import (
	"bytes"
	"errors"
	"testing"
)

// Message 1 comes from anyone. Whatever it is, the server says no with a documented error or makes a message 2 that
// only the maker of that very message 1 can finish.
func FuzzAccept(f *testing.F) {
	honest := map[Suite]*halfway{}
	for _, suite := range suites {
		honest[suite] = newHalfway(f, suite)
		f.Add(byte(suite), honest[suite].message1)
		f.Add(byte(suite), make([]byte, suite.Message1Len()))
		f.Add(byte(suite), bytes.Repeat([]byte{0xff}, suite.Message1Len()))
	}
	f.Fuzz(func(t *testing.T, which byte, message1 []byte) {
		suite := Hybrid + Suite(which%2)
		channel, message2, err := Accept(honest[suite].config, message1)
		if err != nil {
			if channel != nil || message2 != nil {
				t.Fatal("a channel beside an error")
			}
			if !errors.Is(err, ErrMalformedHandshake) && !errors.Is(err, ErrLowOrder) {
				t.Fatal(err)
			}
			return
		}
		if len(message2) != suite.Message2Len(len(certificate)) {
			t.Fatalf("message 2 has %d bytes", len(message2))
		}
		_, err = honest[suite].finish(message2)
		if same := bytes.Equal(message1, honest[suite].message1); same != (err == nil) {
			t.Fatalf("message 1 the same: %v, the client says %v", same, err)
		}
	})
}

// Message 2 comes from whoever answers. Only the server's own finishes the handshake.
func FuzzFinish(f *testing.F) {
	honest := map[Suite]*halfway{}
	for _, suite := range suites {
		honest[suite] = newHalfway(f, suite)
		f.Add(byte(suite), honest[suite].message2)
		f.Add(byte(suite), honest[suite].message1)
		f.Add(byte(suite), honest[suite].message2[:suite.Message2Len(0)])
	}
	f.Fuzz(func(t *testing.T, which byte, message2 []byte) {
		suite := Hybrid + Suite(which%2)
		channel, err := honest[suite].finish(message2)
		if bytes.Equal(message2, honest[suite].message2) {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		if channel != nil || !errors.Is(err, ErrMalformedHandshake) && !errors.Is(err, ErrAuthentication) &&
			!errors.Is(err, ErrLowOrder) {
			t.Fatalf("a forged message 2: %v", err)
		}
	})
}

// A message from the socket: only the record that is due opens, everything else kills.
func FuzzOpen(f *testing.F) {
	client, server := newPair(f, Classic)
	due := mustSeal(f, client, "the record that is due")
	f.Add(due)
	f.Add(mustSeal(f, client, "the one after"))
	f.Add([]byte{})
	f.Add(make([]byte, 80))
	f.Add(make([]byte, MaxMessage))
	f.Fuzz(func(t *testing.T, message []byte) {
		victim := fork(server)
		record, err := victim.Open(nil, message)
		if bytes.Equal(message, due) {
			if err != nil || string(record.Body) != "the record that is due" {
				t.Fatalf("%q, %v", record.Body, err)
			}
			return
		}
		if record.Body != nil || !errors.Is(err, ErrMalformedRecord) && !errors.Is(err, ErrAuthentication) {
			t.Fatalf("a forged record: %q, %v", record.Body, err)
		}
		if _, err := victim.Open(nil, due); !errors.Is(err, ErrDead) {
			t.Fatalf("the half survived: %v", err)
		}
	})
}

// The inside of an authentic record comes from a peer who may be hostile. What parses has exactly one encoding.
func FuzzParseRecord(f *testing.F) {
	for _, size := range []int{0, 61, 62, 4093, 4094, MaxBody} {
		plaintext := make([]byte, bucket(headerLen+size))
		putRecord(plaintext, RecordData, make([]byte, size))
		f.Add(plaintext)
	}
	closing := make([]byte, minBucket)
	putRecord(closing, RecordClose, []byte{0x0f, 0xa0})
	f.Add(closing)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, plaintext []byte) {
		record, err := parseRecord(plaintext)
		if err != nil {
			if !errors.Is(err, ErrMalformedRecord) || record.Body != nil || record.Type != 0 {
				t.Fatalf("%+v, %v", record, err)
			}
			return
		}
		body := record.Body
		if record.Type == RecordClose {
			body = []byte{byte(record.Code >> 8), byte(record.Code)}
		}
		again := bytes.Repeat([]byte{0xee}, bucket(headerLen+len(body)))
		putRecord(again, record.Type, body)
		if !bytes.Equal(again, plaintext) {
			t.Fatalf("%x parses, but is written %x", plaintext, again)
		}
	})
}

// Any body goes through unchanged, whatever lies in the buffers before.
func FuzzSealOpen(f *testing.F) {
	client, server := newPair(f, Hybrid)
	f.Add([]byte("body"), uint8(3))
	f.Add(make([]byte, 62), uint8(0))
	f.Fuzz(func(t *testing.T, body []byte, offset uint8) {
		from, to := fork(client), fork(server)
		prefix := bytes.Repeat([]byte{0xaa}, int(offset))
		message, err := from.Seal(bytes.Clone(prefix), body)
		if len(body) > MaxBody {
			if !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		if err != nil || !bytes.HasPrefix(message, prefix) || len(message) != len(prefix)+SealedLen(len(body)) {
			t.Fatalf("%d bytes, %v", len(message), err)
		}
		record, err := to.Open(prefix, message[len(prefix):])
		if err != nil || !bytes.Equal(record.Body, body) {
			t.Fatalf("%x, %v", record.Body, err)
		}
	})
}
