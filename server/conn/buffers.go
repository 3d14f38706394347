package conn

import (
	"sync"

	"caudal/cipher"
)

// frameHeaderMax is the longest header of a WebSocket frame from a server: two bytes and a 64-bit length (RFC 6455, section
// 5.2).
const frameHeaderMax = 10

// bufferClasses are the sizes of the buffers that messages pass through. Most are short; and a client that begins a long
// message without ending it shall hold little more memory than it has sent. The last one holds one byte more than the
// longest message, so that a longer one is noticed.
var bufferClasses = [...]int{1 << 10, 8 << 10, frameHeaderMax + cipher.MaxMessage + 1}

// buffer is one of a class; connections hold one only while a message passes.
type buffer struct {
	bytes []byte
	class int
}

var buffers [len(bufferClasses)]sync.Pool

// bufferFor returns a buffer of at least so many bytes, at most those of the last class.
func bufferFor(size int) *buffer {
	class := 0
	for bufferClasses[class] < size {
		class++
	}
	return bufferOf(class)
}

func bufferOf(class int) *buffer {
	if b, ok := buffers[class].Get().(*buffer); ok {
		return b
	}
	return &buffer{bytes: make([]byte, bufferClasses[class]), class: class}
}

func (b *buffer) free() { buffers[b.class].Put(b) }

// grown moves what is in the buffer to one of the next class; false for the last.
func (b *buffer) grown() (*buffer, bool) {
	if b.class == len(bufferClasses)-1 {
		return b, false
	}
	next := bufferOf(b.class + 1)
	copy(next.bytes, b.bytes)
	b.free()
	return next, true
}
