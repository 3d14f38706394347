// Package money reads and shows amounts without ever using a float: int64 minor units (centavos, cents) inside, decimal
// text outside.
package money
