package caudal

import (
	"context"
	"time"

	"caudal/models/clabe"
	"caudal/protocol"
)

// Status says what an account may do.
type Status string

// The statuses of an account.
const (
	StatusActive  Status = "active"
	StatusFrozen  Status = "frozen"
	StatusUnknown Status = "unknown" // one that this client does not know
)

// Account is one of the user's own accounts as it stood when the bank answered.
type Account struct {
	CLABE          string // 18 digits
	Name           string
	Currency       string // ISO 4217
	BalanceMinor   int64
	AvailableMinor int64  // balance minus holds plus overdraft
	Seq            uint64 // number of its newest leg, 0 before the first
	Version        uint64 // raised by every change
	Head           Head   // of its chain, after leg Seq
	Status         Status
	Opened         time.Time
}

// Position is how far the account has been seen: what [Conn.Events] goes on from.
func (a *Account) Position() Position {
	return Position{Account: a.CLABE, Seq: a.Seq, Head: a.Head}
}

// NewAccount is an account to open.
type NewAccount struct {
	Name     string // at most 60 characters
	Currency string // empty is MXN
	Key      Key    // zero: a new one
}

// Payee is whom a person is about to pay.
type Payee struct {
	CLABE      string
	MaskedName string // enough to recognise whom one means
	Currency   string
}

// Accounts lists the user's accounts.
func (c *Conn) Accounts(ctx context.Context) ([]Account, error) {
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_ListAccounts)
	if !ok {
		return nil, c.wrongResult("list_accounts")
	}
	accounts := make([]Account, 0, len(result.ListAccounts.GetAccounts()))
	for _, a := range result.ListAccounts.GetAccounts() {
		account, err := c.account(a)
		if err != nil {
			return nil, c.broken(err)
		}
		accounts = append(accounts, account)
	}
	return accounts, nil
}

// OpenAccount opens one more account. Like [Conn.Transfer] it is repeated with its key until the answer is known.
func (c *Conn) OpenAccount(ctx context.Context, account NewAccount) (*Account, error) {
	reply, err := c.order(ctx, account.Key, &protocol.Command{Request: &protocol.Command_OpenAccount{
		OpenAccount: &protocol.OpenAccountRequest{Name: account.Name, Currency: account.Currency},
	}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_Account)
	if !ok {
		return nil, c.wrongResult("open_account")
	}
	opened, err := c.account(result.Account)
	if err != nil {
		return nil, c.broken(err)
	}
	return &opened, nil
}

// RenameAccount gives one of the user's accounts another name, and returns the account as it stands since. The same name
// again changes nothing, so a call whose answer was cut off is repeated by itself.
func (c *Conn) RenameAccount(ctx context.Context, account, name string) (*Account, error) {
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_RenameAccount{
		RenameAccount: &protocol.RenameAccountRequest{Account: account, Name: name},
	}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_Account)
	if !ok {
		return nil, c.wrongResult("rename_account")
	}
	renamed, err := c.account(result.Account)
	if err != nil {
		return nil, c.broken(err)
	}
	if renamed.CLABE != account {
		return nil, c.broken(violation("another account was renamed"))
	}
	return &renamed, nil
}

// ResolvePayee finds the account behind a CLABE (18 digits, grouped or not) or a @username. Show the masked name before
// money leaves: a CLABE's check digit does not catch every slip.
func (c *Conn) ResolvePayee(ctx context.Context, payee string) (*Payee, error) {
	request := &protocol.ResolvePayeeRequest{}
	if name, ok := username(payee); ok {
		request.Payee = &protocol.ResolvePayeeRequest_Username{Username: name}
	} else {
		request.Payee = &protocol.ResolvePayeeRequest_Clabe{Clabe: clabe.Clean(payee)}
	}
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_ResolvePayee{ResolvePayee: request}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_Payee)
	if !ok {
		return nil, c.wrongResult("resolve_payee")
	}
	if _, err := clabe.Parse(result.Payee.GetClabe()); err != nil {
		return nil, c.broken(violation("a payee's CLABE is malformed"))
	}
	return &Payee{CLABE: result.Payee.GetClabe(), MaskedName: result.Payee.GetMaskedName(), Currency: result.Payee.GetCurrency()}, nil
}

func username(payee string) (string, bool) {
	if len(payee) > 0 && payee[0] == '@' {
		return payee[1:], true
	}
	return "", false
}

// account checks what it takes over, and remembers the currency, which the chain of the account's legs binds.
func (c *Conn) account(a *protocol.Account) (Account, error) {
	head, err := headOf(a.GetHead())
	if err != nil {
		return Account{}, err
	}
	account, err := readAccount(a)
	if err != nil {
		return Account{}, err
	}
	account.Head = head
	c.remember(account.CLABE, account.Currency)
	return account, nil
}

// readAccount leaves out the head, which only the account's holder is shown.
func readAccount(a *protocol.Account) (Account, error) {
	if _, err := clabe.Parse(a.GetClabe()); err != nil {
		return Account{}, violation("an account's CLABE is malformed")
	}
	if !isCurrency(a.GetCurrency()) {
		return Account{}, violation("an account's currency is malformed")
	}
	return Account{
		CLABE: a.GetClabe(), Name: a.GetName(), Currency: a.GetCurrency(),
		BalanceMinor: a.GetBalanceMinor(), AvailableMinor: a.GetAvailableMinor(),
		Seq: a.GetSeq(), Version: a.GetVersion(),
		Status: statusOf(a.GetStatus()), Opened: micros(a.GetOpenedAtUs()),
	}, nil
}

func statusOf(s protocol.AccountStatus) Status {
	switch s {
	case protocol.AccountStatus_ACCOUNT_STATUS_ACTIVE:
		return StatusActive
	case protocol.AccountStatus_ACCOUNT_STATUS_FROZEN:
		return StatusFrozen
	}
	return StatusUnknown
}

// isCurrency reports the form of ISO 4217: three capital letters.
func isCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for _, b := range []byte(s) {
		if b < 'A' || b > 'Z' {
			return false
		}
	}
	return true
}
