// Package conn is a client's connection, from the HTTP request that asks for it to the close record that ends it: who may
// come in and how many, the channel's handshake, the frames in, the queue of messages out, heartbeats, and the drain.
//
// A quiet connection is small buffers and keys: on Linux it has no goroutine until there is something to read (see lot), and
// nowhere a writer goroutine or a timer of its own. What a command means is a [Handler]'s to know.
package conn
