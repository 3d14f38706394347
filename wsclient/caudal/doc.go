// Package caudal is the Go client of a Caudal bank.
//
// [Dial] opens an end-to-end encrypted connection to the bank whose identity is pinned. A [Conn] survives its sockets:
// when one breaks it connects again, signs in by its device's key, and goes on. Calls take a context and return typed
// values, or an [*Error] with a stable code. [Conn.Transfer] repeats a payment whose answer was cut off, with its key,
// until it is known. [Conn.Events] shows each account's legs one after the other, without a gap, without a double, and
// with its hash chain verified, across broken connections and restarts of the bank.
//
// Money is int64 minor units (centavos); packages caudal/models/money and caudal/models/clabe read and write both it and
// account numbers. Text that comes from the bank, names and memos, was typed by strangers: it is data, not markup.
package caudal
