package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/models/password"
	"caudal/protocol"
	"caudal/server/live"
)

// Operator carries out an operator's commands on an open bank: one that serves, through the socket, or one that a command
// has opened for itself. Each is in the audit log.
type Operator struct {
	Store     *models.Store
	Ledger    *ledger.Ledger
	Passwords *password.Hasher
	Hub       *live.Hub // whose connections a change ends; nobody's where no one is connected
	// AccountName is what a new holder's first account is called.
	AccountName string
}

// Command is something that an operator asks for. Its name is its place in the socket's address space.
type Command string

// The commands. Each takes and gives the type beside it.
const (
	UserAdd           Command = "user/add"            // NewUser, User
	UserClose         Command = "user/close"          // Named, User
	UserRole          Command = "user/role"           // NewRole, User
	UserResetPassword Command = "user/reset-password" // NewPassword, User
	AccountFreeze     Command = "account/freeze"      // Numbered, Account
	AccountUnfreeze   Command = "account/unfreeze"    // Numbered, Account
	AccountOverdraft  Command = "account/overdraft"   // Overdraft, Account
	Backup            Command = "backup"              // Destination, Destination
	Verify            Command = "verify"              // Nothing, Findings
)

// Nothing is no input.
type Nothing struct{}

// Named names a user.
type Named struct {
	Username string `json:"username"`
}

// NewUser is a user to be made. Holders get a first account in MXN, staff none.
type NewUser struct {
	Username string `json:"username"`
	Owner    string `json:"owner"`
	Role     string `json:"role"`
	Password string `json:"password"`
}

// NewRole gives a user a role.
type NewRole struct {
	Username string `json:"username"`
	Role     string `json:"role"`
}

// NewPassword gives a user another password.
type NewPassword struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// User is what became of a user.
type User struct {
	Username       string `json:"username"`
	Owner          string `json:"owner"`
	Role           string `json:"role"`
	Status         string `json:"status"`
	Account        string `json:"account,omitempty"` // of a new holder
	DevicesRevoked int    `json:"devices_revoked"`
}

// Numbered names an account by its CLABE.
type Numbered struct {
	Account string `json:"account"`
}

// Overdraft is how far below zero an account may go.
type Overdraft struct {
	Account string `json:"account"`
	Amount  string `json:"amount"` // decimal, in the account's currency
}

// Account is what became of an account.
type Account struct {
	Account   string `json:"account"`
	Status    string `json:"status"`
	Currency  string `json:"currency"`
	Balance   string `json:"balance"`
	Available string `json:"available"`
}

// Destination is a file, by its absolute path.
type Destination struct {
	Path string `json:"path"`
}

// commands are the functions behind the names.
var commands = map[Command]func(*Operator, context.Context, []byte) (any, error){
	UserAdd:           typed((*Operator).addUser),
	UserClose:         typed((*Operator).closeUser),
	UserRole:          typed((*Operator).setRole),
	UserResetPassword: typed((*Operator).resetPassword),
	AccountFreeze:     typed((*Operator).freeze),
	AccountUnfreeze:   typed((*Operator).unfreeze),
	AccountOverdraft:  typed((*Operator).overdraft),
	Backup:            typed((*Operator).backup),
	Verify:            typed((*Operator).verify),
}

// typed decodes the input of a command. Unknown fields are errors: a field that is not read is one that somebody believes in.
func typed[In, Out any](run func(*Operator, context.Context, In) (Out, error)) func(*Operator, context.Context, []byte) (any, error) {
	return func(o *Operator, ctx context.Context, raw []byte) (any, error) {
		var in In
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if decoder.Decode(&in) != nil {
			return nil, errors.New("malformed command") // the decoder's words could repeat a password
		}
		return run(o, ctx, in)
	}
}

// errUnknown is a command of another version of this program.
var errUnknown = errors.New("this server does not know that command")

// Run carries out one command, whose input and output are JSON. Its errors are for people.
func (o *Operator) Run(ctx context.Context, command Command, input []byte) (output []byte, err error) {
	run, ok := commands[command]
	if !ok {
		return nil, errUnknown
	}
	result, err := run(o, ctx, input)
	if err != nil {
		return nil, plain(err)
	}
	return json.Marshal(result)
}

// plain drops the names of packages, which say nothing to an operator.
func plain(err error) error {
	text := err.Error()
	for _, prefix := range []string{"models: ", "ledger: ", "clabe: ", "money: ", "password: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if errors.Is(err, password.ErrRules) {
		text = "the password: " + text
	}
	return errors.New(text)
}

func (o *Operator) addUser(ctx context.Context, in NewUser) (*User, error) {
	role := models.Role(in.Role)
	if !role.Valid() {
		return nil, errors.New("a role is holder, teller or admin")
	}
	hash, err := o.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	create := models.NewUser{Username: in.Username, Owner: in.Owner, PasswordHash: hash, Role: role}
	if role == models.RoleHolder {
		create.AccountName, create.Currency = o.AccountName, money.MXN
	}
	user, _, account, err := o.Store.CreateUser(ctx, create)
	if err != nil {
		return nil, err
	}
	out := userOf(user, nil)
	if account != nil {
		out.Account = account.ID.String()
	}
	return out, nil
}

func (o *Operator) closeUser(ctx context.Context, in Named) (*User, error) {
	user, devices, err := o.Store.CloseUser(ctx, in.Username)
	if err != nil {
		return nil, err
	}
	o.Hub.CloseUser(user.ID, protocol.CloseUserClosed)
	return userOf(user, devices), nil
}

func (o *Operator) setRole(ctx context.Context, in NewRole) (*User, error) {
	user, devices, err := o.Store.SetRole(ctx, in.Username, models.Role(in.Role))
	return o.revoked(user, devices, err)
}

func (o *Operator) resetPassword(ctx context.Context, in NewPassword) (*User, error) {
	hash, err := o.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	user, devices, err := o.Store.ResetPassword(ctx, in.Username, hash)
	return o.revoked(user, devices, err)
}

// revoked ends the connections of devices that are revoked already.
func (o *Operator) revoked(user *models.User, devices []models.Device, err error) (*User, error) {
	if err != nil {
		return nil, err
	}
	for i := range devices {
		o.Hub.CloseDevice(devices[i].ID, protocol.CloseDeviceRevoked)
	}
	return userOf(user, devices), nil
}

func userOf(user *models.User, revoked []models.Device) *User {
	return &User{
		Username: user.Username, Owner: user.Owner, Role: string(user.Role), Status: string(user.Status),
		DevicesRevoked: len(revoked),
	}
}

func (o *Operator) freeze(ctx context.Context, in Numbered) (*Account, error) {
	return o.setStatus(ctx, in, models.AccountFrozen)
}

func (o *Operator) unfreeze(ctx context.Context, in Numbered) (*Account, error) {
	return o.setStatus(ctx, in, models.AccountActive)
}

func (o *Operator) setStatus(ctx context.Context, in Numbered, status models.AccountStatus) (*Account, error) {
	number, err := clabe.Parse(clabe.Clean(in.Account))
	if err != nil {
		return nil, err
	}
	state, err := o.Ledger.SetStatus(ctx, number, status)
	if err != nil {
		return nil, err
	}
	return accountOf(state), nil
}

func (o *Operator) overdraft(ctx context.Context, in Overdraft) (*Account, error) {
	number, err := clabe.Parse(clabe.Clean(in.Account))
	if err != nil {
		return nil, err
	}
	state, err := o.Store.AccountByNumber(ctx, number)
	if err != nil {
		return nil, err
	}
	minor, err := money.ParseAmount(in.Amount, state.Currency)
	if err != nil {
		return nil, err
	}
	if state, err = o.Ledger.SetOverdraft(ctx, number, minor); err != nil {
		return nil, err
	}
	return accountOf(state), nil
}

func accountOf(state *models.AccountState) *Account {
	return &Account{
		Account:   state.ID.String(),
		Status:    string(state.Status),
		Currency:  string(state.Currency),
		Balance:   money.Format(state.Head.BalanceMinor, state.Currency),
		Available: money.Format(state.AvailableMinor(), state.Currency),
	}
}

func (o *Operator) backup(ctx context.Context, in Destination) (*Destination, error) {
	if err := o.Store.Backup(ctx, in.Path); err != nil {
		return nil, err
	}
	return &in, nil
}

// Call runs a command whose types the caller knows, by whatever way run leads to the bank.
func Call[In, Out any](ctx context.Context, run func(context.Context, Command, []byte) ([]byte, error), command Command, in In) (*Out, error) {
	input, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("encode the command: %w", err)
	}
	output, err := run(ctx, command, input)
	if err != nil {
		return nil, err
	}
	out := new(Out)
	if err := json.Unmarshal(output, out); err != nil {
		return nil, fmt.Errorf("decode the answer: %w", err)
	}
	return out, nil
}

// Findings are what verify has seen.
type Findings struct {
	Accounts    int64 `json:"accounts"`
	Transfers   int64 `json:"transfers"`
	Marks       int64 `json:"marks"`
	Memos       int64 `json:"memos"`
	MemosErased int64 `json:"memos_erased"`
	Outcomes    int64 `json:"outcomes"`
	Refusals    int64 `json:"refusals"`
	// HeldByHolders is what all holders have together: decimal amounts by currency.
	HeldByHolders map[string]string `json:"held_by_holders"`
	Seconds       float64           `json:"seconds"`
	Found         int               `json:"found"`    // how many problems there are
	Problems      []string          `json:"problems"` // the first of them
}

func (o *Operator) verify(ctx context.Context, _ Nothing) (*Findings, error) {
	report, err := ledger.Verify(ctx, o.Store)
	if err != nil {
		return nil, err
	}
	f := &Findings{
		Accounts: report.Accounts, Transfers: report.Transfers, Marks: report.Marks, Memos: report.Memos,
		MemosErased: report.MemosErased, Outcomes: report.Outcomes, Refusals: report.Refusals,
		HeldByHolders: make(map[string]string), Seconds: report.Elapsed.Seconds(), Found: report.Found,
	}
	for currency, minor := range report.HeldByHolders {
		f.HeldByHolders[string(currency)] = decimal(minor, currency)
	}
	for _, problem := range report.Problems {
		f.Problems = append(f.Problems, problem.String())
	}
	return f, nil
}

// decimal is money.Format for a sum that no int64 need hold.
func decimal(minor *big.Int, currency money.Currency) string {
	if minor.IsInt64() {
		return money.Format(minor.Int64(), currency)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(currency.Exponent())), nil)
	return new(big.Rat).SetFrac(minor, unit).FloatString(currency.Exponent())
}
