package models

import (
	"caudal/models/clabe"
	"caudal/models/money"
)

// Bank is the table bank: one row.
type Bank struct {
	ID        int64
	Identity  []byte // 32, Ed25519
	HandleKey []byte // 32
	Demo      bool
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

// User is the table users. Password is a PHC string and never leaves the bank.
type User struct {
	ID        int64
	Username  string
	Owner     string
	Password  string
	Role      Role
	Status    UserStatus
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

// HolderWord is the table holder_words: a user's username, or a word of the holder's name, folded.
type HolderWord struct {
	Word   string `gorm:"primaryKey"`
	UserID int64  `gorm:"primaryKey;autoIncrement:false"`
}

// Device is the table devices.
type Device struct {
	ID         int64
	PublicID   []byte // 16, random: the only id that leaves the bank
	UserID     int64
	Algorithm  DeviceAlgorithm
	PublicKey  []byte // 32 or 65, by Algorithm
	Name       string
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	LastSeenAt int64
	RevokedAt  *int64
}

// Account is the table accounts: what describes an account. What it holds is its Head.
type Account struct {
	ID             clabe.Number `gorm:"primaryKey;autoIncrement:false"`
	Owner          *int64       // user; nil for a system account
	Class          *Class       // nil for a holder's account
	Shard          int
	Name           string
	Currency       money.Currency
	Status         AccountStatus
	OverdraftMinor int64
	OpenedAt       int64
}

// Head is the table heads: where an account stands. Every transfer rewrites two of them, so they are narrow.
type Head struct {
	Account      clabe.Number `gorm:"primaryKey;autoIncrement:false"`
	BalanceMinor int64
	HeldMinor    int64
	FloorMinor   int64 // what balance minus holds may not go below: minus the overdraft
	Seq          uint64
	Version      uint64
	Last         int64  // transfer of the newest leg; 0 before the first
	LastAt       int64  // its time; 0 before the first
	Head         []byte // 32, of the chain after that leg
}

// Transfer is the table transfers: double entry in one row.
type Transfer struct {
	ID                 int64
	Kind               int
	Debit              clabe.Number
	Credit             clabe.Number
	AmountMinor        int64
	Currency           money.Currency
	DebitSeq           uint64
	CreditSeq          uint64
	DebitBalanceMinor  int64
	CreditBalanceMinor int64
	DebitPrev          int64 // that account's transfer before; 0 at its first
	CreditPrev         int64
	DebitHead          []byte // 32
	CreditHead         []byte // 32
	At                 int64
	Actor              int64
	Key                []byte // 16
	MemoHash           []byte // 32, or nil without a memo
	GroupID            *int64
	Reverses           *int64
	EncodingVersion    int
}

// Memo is the table memos, whose rows alone may be deleted: the chain holds a salted hash.
type Memo struct {
	Transfer int64  `gorm:"primaryKey;autoIncrement:false"`
	Salt     []byte // 16
	Text     string
}

// Mark is the table marks: a place to start from on the walk through an account's history.
type Mark struct {
	Account  clabe.Number `gorm:"primaryKey;autoIncrement:false"`
	Seq      uint64       `gorm:"primaryKey;autoIncrement:false"`
	Transfer int64
	At       int64
}

// Outcome is the table outcomes: what the first decision on an idempotency key was.
type Outcome struct {
	Key      []byte `gorm:"primaryKey"` // 16
	Actor    int64  `gorm:"primaryKey;autoIncrement:false"`
	Digest   []byte // of what was asked
	Transfer *int64
	Refusal  *int
	Account  *clabe.Number
	At       int64
}

// StaffTotal is the table staff_totals: what a member of staff has moved in a day.
type StaffTotal struct {
	Actor       int64          `gorm:"primaryKey;autoIncrement:false"`
	Day         int64          `gorm:"primaryKey;autoIncrement:false"`
	Currency    money.Currency `gorm:"primaryKey"`
	Kind        int            `gorm:"primaryKey;autoIncrement:false"`
	AmountMinor int64
}

// AuditEntry is the table audit.
type AuditEntry struct {
	ID      int64
	At      int64
	Actor   int64 // user; 0 for the bank itself
	Action  string
	Subject string
	Detail  string // JSON object
}

func (Bank) TableName() string       { return "bank" }
func (AuditEntry) TableName() string { return "audit" }

// Role says what a user may do. It is set by local command only.
type Role string

// The roles.
const (
	RoleHolder Role = "holder"
	RoleTeller Role = "teller" // takes and pays out cash
	RoleAdmin  Role = "admin"
)

// Valid tells whether r is one of the roles.
func (r Role) Valid() bool { return r == RoleHolder || r == RoleTeller || r == RoleAdmin }

// UserStatus says whether a user may sign in.
type UserStatus string

// The statuses of a user.
const (
	UserActive UserStatus = "active"
	UserClosed UserStatus = "closed"
)

// AccountStatus says whether money moves on an account.
type AccountStatus string

// The statuses of an account.
const (
	AccountActive AccountStatus = "active"
	AccountFrozen AccountStatus = "frozen"
)

// Class is a kind of system account: where money enters and leaves the bank.
type Class string

// The classes of system accounts.
const (
	ClassCash  Class = "cash"  // notes and coins: deposits and withdrawals
	ClassGifts Class = "gifts" // what a demo gives to its holders
	ClassFees  Class = "fees"
)

// DeviceAlgorithm is the signature algorithm of a device's key.
type DeviceAlgorithm int

// The algorithms, by the numbers that devices sign to enrol.
const (
	Ed25519   DeviceAlgorithm = 1 // RFC 8032; key 32 bytes, signature 64
	ECDSAP256 DeviceAlgorithm = 2 // FIPS 186-5 with SHA-256; key 65 bytes (uncompressed point), signature r||s, 64
)
