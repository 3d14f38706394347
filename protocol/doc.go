// Package protocol is the vocabulary of Caudal: the messages that travel inside the encrypted channel, the codes that
// errors and closings carry, the bytes that a device signs, and the chain that every leg of an account continues.
//
// The schema is schema/caudal/v1/caudal.proto; caudal.pb.go is generated from it. PROTOCOL.md tells the whole in words.
package protocol

//go:generate go run github.com/bufbuild/buf/cmd/buf@v1.75.0 generate schema --template schema/buf.gen.yaml --output schema
