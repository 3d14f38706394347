// Package cipher is Caudal's end-to-end encrypted channel: bytes in, bytes out; it knows no socket and no bank.
//
// A handshake of two messages (Noise NX, with ML-KEM-768 beside X25519 in the hybrid suite) proves the server's static
// key to a client that stays anonymous, and carries the server's certificate. After it each side has a Channel, which
// seals and opens records: AES-256-GCM messages in padded lengths, numbered by counters, ended by a close record.
//
// Each handshake message and each record is one message of the transport, which must keep their order. The byte
// layouts stand at prologue (prologue.go) and at the record (record.go); PROTOCOL.md has them with test vectors.
//
// What the transport does is never trusted: it can delay or cut, and nothing else. A cut shows as the end of the
// transport without a close record; Channel.End tells the two apart.
package cipher
