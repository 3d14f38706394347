// Package models is the bank itself: its users, devices, accounts and audit log, and the store that keeps them. It knows
// no socket and no protobuf. Money moves in models/ledger, which stands on this package's [Store].
//
// Times are microseconds since the Unix epoch, UTC; amounts are minor units; an account's id is its CLABE as a number.
package models
