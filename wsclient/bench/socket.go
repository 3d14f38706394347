package bench

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"caudal/cipher"
	"caudal/protocol"
)

const (
	// frameHeaderMax is the longest header of a frame of a client's: two bytes, a 64-bit length, the mask's key.
	frameHeaderMax = 14
	// inSmall is where a socket's buffer starts, and what it goes back to when nothing is in it: most messages fit, and
	// thousands of quiet connections have nothing larger.
	inSmall = 512
)

// WebSocket frames (RFC 6455, section 5.2).
const (
	frameFinal  = 0x80
	frameMasked = 0x80

	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// socket is a WebSocket inside TLS with its channel: what the tester needs of RFC 6455 and not more, so that a message costs a
// look at its header. One goroutine may receive while another sends.
type socket struct {
	conn    *tls.Conn
	channel *cipher.Channel

	// in[begin:] is what was read and not yet used.
	in    []byte
	begin int
	out   []byte // of the last message sent, to be used again
}

var (
	errFragmented = errors.New("a message came in pieces")
	errFrame      = errors.New("a WebSocket frame is malformed")
)

// closedError is the bank's close record.
type closedError struct{ code protocol.CloseCode }

func (e *closedError) Error() string {
	return fmt.Sprintf("the bank closed the connection with %d", e.code)
}

// readHead reads the head of an HTTP answer and returns its length.
func (s *socket) readHead() (int, error) {
	s.in = make([]byte, 0, inSmall)
	for {
		if end := bytes.Index(s.in, []byte("\r\n\r\n")); end >= 0 {
			return end + 4, nil
		}
		if len(s.in) > upgradeBytes {
			return 0, errors.New("the answer to the upgrade is too long")
		}
		if err := s.read(); err != nil {
			return 0, err
		}
	}
}

// read adds to the buffer what has come, and waits for it.
func (s *socket) read() error {
	if s.begin == len(s.in) {
		s.in, s.begin = s.in[:0], 0
	}
	if len(s.in) == cap(s.in) {
		rest := s.in[s.begin:]
		if s.begin > 0 {
			s.in = s.in[:copy(s.in, rest)]
		} else {
			s.in = slices.Grow(s.in, cap(s.in))
		}
		s.begin = 0
	}
	n, err := s.conn.Read(s.in[len(s.in):cap(s.in)])
	s.in = s.in[:len(s.in)+n]
	if n > 0 {
		return nil
	}
	return err
}

// buffered returns the next message where the whole of it has been read; nil where not. It is good until the next read.
func (s *socket) buffered() ([]byte, error) {
	for {
		have := s.in[s.begin:]
		if len(have) < 2 {
			return nil, nil
		}
		header, length := 2, int(have[1])
		switch {
		case length&frameMasked != 0:
			return nil, errFrame
		case length == 126:
			if len(have) < 4 {
				return nil, nil
			}
			header, length = 4, int(binary.BigEndian.Uint16(have[2:]))
		case length == 127: // more than the channel has
			return nil, errFrame
		}
		if length > cipher.MaxMessage {
			return nil, errFrame
		}
		if len(have) < header+length {
			return nil, nil
		}
		s.begin += header + length
		switch have[0] {
		case frameFinal | opBinary:
			return have[header : header+length], nil
		case frameFinal | opClose:
			return nil, io.EOF
		case frameFinal | opPing, frameFinal | opPong: // a bank sends none, and needs no answer
		default:
			return nil, errFragmented
		}
	}
}

// message waits for the next message.
func (s *socket) message() ([]byte, error) {
	for {
		if message, err := s.buffered(); message != nil || err != nil {
			return message, err
		}
		if err := s.read(); err != nil {
			return nil, err
		}
	}
}

// open opens a message's record in its place, and returns the frame in it.
func (s *socket) open(message []byte) ([]byte, error) {
	record, err := s.channel.Open(message[:0], message)
	if err != nil {
		return nil, err
	}
	if record.Type == cipher.RecordClose {
		return nil, &closedError{protocol.CloseCode(record.Code)}
	}
	return record.Body, nil
}

// receive waits for the next frame of the bank's.
func (s *socket) receive() ([]byte, error) {
	message, err := s.message()
	if err != nil {
		return nil, err
	}
	return s.open(message)
}

// send seals a frame and writes it in one piece.
func (s *socket) send(body []byte) error {
	out, err := s.channel.Seal(s.beginMessage(s.out[:0]), body)
	if err != nil {
		return err
	}
	s.out = out
	return s.writeMessage(out)
}

// beginMessage leaves room for the header in front of a message, of the one length that all messages can have: two bytes,
// 16 bits, and the mask's key.
func (s *socket) beginMessage(dst []byte) []byte { return append(dst, make([]byte, 8)...) }

// writeMessage puts the header in its room. The mask's key is zero: masking keeps a page's script from choosing what a proxy
// sees (RFC 6455, section 10.3), and here it sees TLS, and inside only ciphertext.
func (s *socket) writeMessage(out []byte) error {
	header, length := out[:8], len(out)-8
	if length < 126 {
		out, header = out[2:], header[2:]
		header[1] = frameMasked | byte(length)
	} else {
		header[1] = frameMasked | 126
		binary.BigEndian.PutUint16(header[2:], uint16(length))
	}
	header[0] = frameFinal | opBinary
	_, err := s.conn.Write(out)
	return err
}

// rest lets go of buffers that were needed for a moment.
func (s *socket) rest() {
	if cap(s.in) > inSmall {
		s.in, s.begin = append(make([]byte, 0, max(inSmall, len(s.in)-s.begin)), s.in[s.begin:]...), 0
	}
	s.out = nil
}

// bye ends the connection with a close record.
func (s *socket) bye() {
	if record, err := s.channel.SealClose(s.beginMessage(s.out[:0]), uint16(protocol.CloseBye)); err == nil {
		_ = s.writeMessage(record) // who does not hear it sees a cut
	}
	s.cut()
}

// cut ends the connection below TLS, without a word.
func (s *socket) cut() { _ = s.conn.NetConn().Close() }
