// Package conn is a client's connection, from the HTTP request that asks for it to the close record that ends it: who may
// come in and how many, the channel's handshake, the frames in, the queue of messages out, heartbeats, and the drain.
//
// A quiet connection is one goroutine with a shallow stack and small buffers: there is no writer goroutine and no timer of
// its own. What a command means is a [Handler]'s to know.
package conn
