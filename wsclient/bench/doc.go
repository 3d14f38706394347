// Package bench is the load tester: it opens many connections to a bank of the operator's own, has them do one scenario, and
// tells what came of it: how fast, how late, what failed, and whether all the money is still there.
//
// It is its own client, on cipher and protocol, leaner than the SDK: on a machine that it shares with the bank, what the
// tester spends the bank cannot.
package bench
