// Package ledger is the posting engine: it moves the money, and it is the bank's event log.
//
// A transfer is one row that debits one account and credits another. Orders queue; one writer takes all that wait, reads
// what bears on them, decides each, writes the good ones and every decision in one commit, and only then answers. There are
// no timers: a lone order waits for nothing, a flood shares one commit. A failed commit is neither yes nor no, see
// [ErrOutcomeUnknown]. The first decision on an order's [Key] stands for ever.
//
// Times are microseconds since the Unix epoch, UTC; amounts are minor units.
package ledger
