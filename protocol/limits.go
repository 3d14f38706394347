package protocol

// Version is the version of the vocabulary that this package speaks; hello carries it.
const Version = 1

// Bounds of the vocabulary. A server refuses what exceeds them; a client may rely on them for what it receives.
const (
	// CommandsPerFrame bounds the work that one record can ask for.
	CommandsPerFrame = 256
	// ClientNameBytes bounds HelloRequest.client.
	ClientNameBytes = 64
	// DeviceNameRunes and AccountNameRunes bound the names that people give to things.
	DeviceNameRunes  = 60
	AccountNameRunes = 60
	// OwnerRunes bounds a holder's name.
	OwnerRunes = 80
	// MemoRunes bounds the memo of a transfer: what a person reads in one glance.
	MemoRunes = 140
	// HistoryLegs is the most legs in one page of history: fifty with the longest memos still fit one record.
	HistoryLegs = 50
	// AuditEntries is the most entries in one page of the audit log.
	AuditEntries = 50
	// QueryRunesMin and QueryRunesMax bound what a teller looks for, and HoldersFound what one look-up shows.
	QueryRunesMin = 2
	QueryRunesMax = 80
	HoldersFound  = 20
	// IdempotencyKeyBytes is the size of a UUID (RFC 9562).
	IdempotencyKeyBytes = 16
	// DeviceIDBytes is the size of a device's id.
	DeviceIDBytes = 16
)
