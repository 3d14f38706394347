package caudal

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"caudal/models/clabe"
	"caudal/protocol"
)

// fakeBank keeps a ledger in memory, as honest as a test lets it be: intercept sees each command before the bank does,
// outgoing sees each message before the client does.
type fakeBank struct {
	t testing.TB
	fakeEndpoint

	// intercept returns true for a command that the bank shall not see.
	intercept func(*fakeConn, *protocol.Command) bool
	// outgoing returns what is sent in place of a message.
	outgoing func(*fakeConn, *protocol.ServerMessage) []*protocol.ServerMessage
	// hello is what hello is answered by.
	hello *protocol.HelloResult
	// missingMax is how many missing legs a subscription has before it says snapshot.
	missingMax int
	// pageMax is how many legs a page of history has.
	pageMax int
	// clockOff is how far the bank's clock is from the test's.
	clockOff time.Duration

	mu       sync.Mutex
	accounts []*fakeAccount
	devices  []*protocol.Device
	revoked  map[string]bool
	orders   map[Key]*protocol.Reply
	commands []string // names of what arrived, in order
}

// fakeAccount is one account, and its legs; leg n is legs[n-1].
type fakeAccount struct {
	*protocol.Account
	first [32]byte
	legs  []*protocol.Leg
}

const (
	fakeUser     = "ana"
	fakePassword = "correct horse battery"
)

func fakeCLABE(n int64) string {
	number, err := clabe.New(999, 1, n)
	if err != nil {
		panic(err)
	}
	return number.String()
}

// cash is whoever the fake bank's accounts get their money from.
var cash = fakeCLABE(1)

func newFakeBank(t testing.TB) *fakeBank {
	b := &fakeBank{
		t: t, missingMax: 10, pageMax: 5, revoked: map[string]bool{}, orders: map[Key]*protocol.Reply{},
		hello: &protocol.HelloResult{Server: "fake/1.0", Version: 1, IdleTimeoutMs: 60000, HeartbeatMs: 20000, CommandsInFlightMax: 256},
	}
	b.fakeEndpoint.init(t, b)
	return b
}

// open makes an account with some money, and tells who listens.
func (b *fakeBank) open(n, balanceMinor int64) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	account := fakeCLABE(n)
	number, _ := clabe.Parse(account)
	first := protocol.FirstHead(b.identity.Public(), uint64(number), "MXN")
	a := &fakeAccount{first: first, Account: &protocol.Account{
		Clabe: account, Name: fmt.Sprintf("Cuenta %d", n), Currency: "MXN", Version: 1, Head: first[:],
		Status: protocol.AccountStatus_ACCOUNT_STATUS_ACTIVE, OpenedAtUs: b.now(),
	}}
	b.accounts = append(b.accounts, a)
	b.broadcast(&protocol.Event{Kind: &protocol.Event_AccountOpened{
		AccountOpened: &protocol.AccountOpenedEvent{Account: proto.CloneOf(a.Account)},
	}})
	if balanceMinor > 0 {
		b.post(a, balanceMinor, cash, "")
	}
	return account
}

func (b *fakeBank) now() int64 { return time.Now().Add(b.clockOff).UnixMicro() }

func (b *fakeBank) find(account string) *fakeAccount {
	for _, a := range b.accounts {
		if a.Clabe == account {
			return a
		}
	}
	return nil
}

// pay posts a leg from outside.
func (b *fakeBank) pay(account string, amountMinor int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.post(b.find(account), amountMinor, cash, fmt.Sprintf("leg of %d", amountMinor))
}

// post adds a leg and tells who listens. b.mu is held.
func (b *fakeBank) post(a *fakeAccount, amountMinor int64, counterparty, memo string) *protocol.Leg {
	leg := &protocol.Leg{
		TransferId: fmt.Sprintf("t%d-%s", len(a.legs)+1, a.Clabe), Seq: uint64(len(a.legs) + 1), AmountMinor: amountMinor,
		BalanceMinor: a.BalanceMinor + amountMinor, Counterparty: counterparty, CounterpartyName: "Caja", Memo: memo,
		AtUs: b.now(), Kind: protocol.TransferKind_TRANSFER_KIND_TRANSFER,
	}
	var hash [32]byte
	if memo != "" {
		salt := [16]byte{}
		rand.Read(salt[:])
		hash = protocol.MemoHash(salt, memo)
		leg.MemoSalt, leg.MemoHash = salt[:], hash[:]
	}
	number, _ := clabe.Parse(a.Clabe)
	other, _ := clabe.Parse(counterparty)
	head := protocol.NextHead([32]byte(a.Head), &protocol.ChainLeg{
		Kind: leg.Kind, Account: uint64(number), Counterparty: uint64(other), Seq: leg.Seq, AmountMinor: leg.AmountMinor,
		BalanceMinor: leg.BalanceMinor, AtUs: leg.AtUs, Currency: a.Currency, MemoHash: hash,
	})
	leg.Head = head[:]
	a.legs = append(a.legs, leg)
	a.Seq, a.BalanceMinor, a.AvailableMinor, a.Head = leg.Seq, leg.BalanceMinor, leg.BalanceMinor, leg.Head
	b.touch(a, leg)
	return leg
}

// touch raises the account's version and tells who listens. b.mu is held.
func (b *fakeBank) touch(a *fakeAccount, leg *protocol.Leg) {
	a.Version++
	b.broadcast(&protocol.Event{Kind: &protocol.Event_Balance{Balance: &protocol.BalanceEvent{
		Account: a.Clabe, Version: a.Version, Seq: a.Seq, BalanceMinor: a.BalanceMinor, AvailableMinor: a.AvailableMinor,
		Currency: a.Currency, Status: a.Status, Leg: leg,
	}}})
}

// freeze changes an account without moving money.
func (b *fakeBank) freeze(account string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.find(account)
	a.Status, a.AvailableMinor = protocol.AccountStatus_ACCOUNT_STATUS_FROZEN, 0
	b.touch(a, nil)
}

// rename gives an account another name. b.mu is held.
func (b *fakeBank) rename(a *fakeAccount, name string) {
	if a.Name == name {
		return
	}
	a.Name = name
	a.Version++
	b.broadcast(&protocol.Event{Kind: &protocol.Event_AccountRenamed{
		AccountRenamed: &protocol.AccountRenamedEvent{Account: proto.CloneOf(a.Account)},
	}})
}

// rollBack forgets the newest legs of an account, as a bank does that was restored from a backup.
func (b *fakeBank) rollBack(account string, legs int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.find(account)
	a.legs = a.legs[:len(a.legs)-legs]
	a.Seq, a.BalanceMinor, a.Head = 0, 0, a.first[:]
	if n := len(a.legs); n > 0 {
		a.Seq, a.BalanceMinor, a.Head = a.legs[n-1].Seq, a.legs[n-1].BalanceMinor, a.legs[n-1].Head
	}
	a.AvailableMinor = a.BalanceMinor
}

// broadcast sends an event to each subscribed connection. b.mu is held.
func (b *fakeBank) broadcast(e *protocol.Event) {
	for _, c := range b.subscribed() {
		c.event(proto.CloneOf(e))
	}
}

// say sends an event of the test's making to each subscribed connection.
func (b *fakeBank) say(e *protocol.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broadcast(e)
}

// seen counts the commands of a name that arrived, those intercepted too.
func (b *fakeBank) seen(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(b.commands), func(n string) bool { return n != name }))
}

// command is called for each command, in order; the reply is sent at once.
func (b *fakeBank) command(c *fakeConn, command *protocol.Command) {
	b.mu.Lock()
	b.commands = append(b.commands, commandName(command))
	b.mu.Unlock()
	if b.intercept != nil && b.intercept(c, command) {
		return
	}
	c.reply(b.decide(c, command))
}

func commandName(command *protocol.Command) string {
	m := command.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().ByName("request"))
	if field == nil {
		return ""
	}
	return string(field.Name())
}

func refuse(command *protocol.Command, code protocol.Code) *protocol.Reply {
	return &protocol.Reply{Id: command.GetId(), Result: &protocol.Reply_Error{Error: protocol.NewError(code)}}
}

// decide carries a command out.
func (b *fakeBank) decide(c *fakeConn, command *protocol.Command) *protocol.Reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	reply := &protocol.Reply{Id: command.GetId()}
	switch request := command.GetRequest().(type) {
	case *protocol.Command_Hello:
		hello := proto.CloneOf(b.hello)
		if hello.TimeUs == 0 {
			hello.TimeUs = b.now()
		}
		reply.Result = &protocol.Reply_Hello{Hello: hello}
	case *protocol.Command_Register:
		return b.enrol(c, command, request.Register.GetUsername(), request.Register.GetPassword(), request.Register.GetDevice())
	case *protocol.Command_Login:
		return b.enrol(c, command, request.Login.GetUsername(), request.Login.GetPassword(), request.Login.GetDevice())
	case *protocol.Command_Resume:
		return b.resume(c, command, request.Resume)
	case *protocol.Command_Ping:
		reply.Result = &protocol.Reply_Ping{Ping: &protocol.PingResult{TimeUs: b.now()}}
	default:
		if !c.signedIn {
			return refuse(command, protocol.Code_CODE_UNAUTHENTICATED)
		}
		return b.serve(c, command, reply)
	}
	return reply
}

// serve is for those who have signed in.
func (b *fakeBank) serve(c *fakeConn, command *protocol.Command, reply *protocol.Reply) *protocol.Reply {
	switch request := command.GetRequest().(type) {
	case *protocol.Command_Logout:
		reply.Result = &protocol.Reply_Logout{Logout: &protocol.LogoutResult{}}
	case *protocol.Command_ChangePassword:
		reply.Result = &protocol.Reply_ChangePassword{ChangePassword: &protocol.ChangePasswordResult{DevicesRevoked: 2}}
	case *protocol.Command_ListAccounts:
		list := &protocol.ListAccountsResult{}
		for _, a := range b.accounts {
			list.Accounts = append(list.Accounts, proto.CloneOf(a.Account))
		}
		reply.Result = &protocol.Reply_ListAccounts{ListAccounts: list}
	case *protocol.Command_ResolvePayee:
		reply.Result = &protocol.Reply_Payee{Payee: &protocol.Payee{Clabe: cash, MaskedName: "C*** T***", Currency: "MXN"}}
	case *protocol.Command_Transfer:
		return b.transfer(command, request.Transfer)
	case *protocol.Command_History:
		return b.history(command, request.History)
	case *protocol.Command_Subscribe:
		c.subscribed = true
		reply.Result = &protocol.Reply_Subscribe{Subscribe: b.subscribe(request.Subscribe)}
	case *protocol.Command_Unsubscribe:
		c.subscribed = false
		reply.Result = &protocol.Reply_Unsubscribe{Unsubscribe: &protocol.UnsubscribeResult{}}
	case *protocol.Command_ListDevices:
		reply.Result = &protocol.Reply_ListDevices{ListDevices: &protocol.ListDevicesResult{Devices: b.deviceList()}}
	case *protocol.Command_RenameAccount:
		a := b.find(request.RenameAccount.GetAccount())
		if a == nil {
			return refuse(command, protocol.Code_CODE_NOT_FOUND)
		}
		b.rename(a, request.RenameAccount.GetName())
		reply.Result = &protocol.Reply_Account{Account: proto.CloneOf(a.Account)}
	case *protocol.Command_RenameDevice:
		for _, d := range b.devices {
			if string(d.GetId()) == string(request.RenameDevice.GetDeviceId()) {
				d.Name = request.RenameDevice.GetName()
				reply.Result = &protocol.Reply_Device{Device: proto.CloneOf(d)}
				return reply
			}
		}
		return refuse(command, protocol.Code_CODE_NOT_FOUND)
	case *protocol.Command_FindHolders:
		found := &protocol.FindHoldersResult{More: true}
		for _, a := range b.accounts {
			account := proto.CloneOf(a.Account)
			account.Head = nil
			found.Holders = append(found.Holders, &protocol.Holder{
				Username: fakeUser, Owner: "Ana Torres", Accounts: []*protocol.Account{account},
			})
		}
		reply.Result = &protocol.Reply_FindHolders{FindHolders: found}
	case *protocol.Command_ListAudit:
		key := keyNumber(9)
		reply.Result = &protocol.Reply_ListAudit{ListAudit: &protocol.ListAuditResult{Next: "older" + request.ListAudit.GetCursor(), Entries: []*protocol.AuditEntry{{
			Id: "e1", AtUs: clockMin, Action: protocol.AuditAction_AUDIT_ACTION_SET_ACCOUNT_STATUS, Holder: fakeUser, Account: cash,
			Before: "active", After: "frozen",
		}, {
			Id: "e2", AtUs: clockMin, Action: protocol.AuditAction_AUDIT_ACTION_DEPOSIT, Actor: "caja", Account: cash, AmountMinor: 5,
			Currency: "MXN", IdempotencyKey: key[:], Refusal: protocol.Code_CODE_LIMIT_EXCEEDED,
		}, {
			Id: "e3", AtUs: clockMin, Action: 99,
		}}}}
	case *protocol.Command_TellerLimits:
		reply.Result = &protocol.Reply_TellerLimits{TellerLimits: &protocol.TellerLimits{
			Currency: "MXN", OperationMaxMinor: 10, DayMaxMinor: 100, DayDepositedMinor: 60, DayWithdrawnMinor: 7, DayEndsAtUs: clockMin,
		}}
	case *protocol.Command_RevokeDevice:
		reply.Result = &protocol.Reply_RevokeDevice{RevokeDevice: &protocol.RevokeDeviceResult{}}
	default:
		return refuse(command, protocol.Code_CODE_UNIMPLEMENTED)
	}
	return reply
}

func (b *fakeBank) enrol(c *fakeConn, command *protocol.Command, user, password string, device *protocol.DeviceEnrolment) *protocol.Reply {
	if user != fakeUser || password != fakePassword {
		return refuse(command, protocol.Code_CODE_BAD_CREDENTIALS)
	}
	message := protocol.EnrolMessage(b.identity.Public(), c.channel.Hash(), user, device.GetAlgorithm(), device.GetPublicKey())
	if device.GetAlgorithm() == protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ED25519 &&
		!ed25519.Verify(device.GetPublicKey(), message, device.GetSignature()) {
		return refuse(command, protocol.Code_CODE_BAD_SIGNATURE)
	}
	id := make([]byte, protocol.DeviceIDBytes)
	rand.Read(id)
	enrolled := &protocol.Device{Id: id, Name: device.GetName(), Algorithm: device.GetAlgorithm(), PublicKey: device.GetPublicKey(), CreatedAtUs: b.now()}
	b.devices = append(b.devices, enrolled)
	b.broadcast(&protocol.Event{Kind: &protocol.Event_DeviceAdded{DeviceAdded: &protocol.DeviceAddedEvent{Device: proto.CloneOf(enrolled)}}})
	return b.signIn(c, command, enrolled)
}

func (b *fakeBank) resume(c *fakeConn, command *protocol.Command, request *protocol.ResumeRequest) *protocol.Reply {
	for _, d := range b.devices {
		if string(d.GetId()) != string(request.GetDeviceId()) {
			continue
		}
		message := protocol.ResumeMessage(b.identity.Public(), c.channel.Hash(), d.GetId())
		switch {
		case b.revoked[string(d.GetId())]:
			return refuse(command, protocol.Code_CODE_DEVICE_REVOKED)
		case !ed25519.Verify(d.GetPublicKey(), message, request.GetSignature()):
			return refuse(command, protocol.Code_CODE_BAD_SIGNATURE)
		}
		return b.signIn(c, command, d)
	}
	return refuse(command, protocol.Code_CODE_NOT_FOUND)
}

func (b *fakeBank) signIn(c *fakeConn, command *protocol.Command, d *protocol.Device) *protocol.Reply {
	c.signedIn, c.device = true, d
	current := proto.CloneOf(d)
	current.Current = true
	return &protocol.Reply{Id: command.GetId(), Result: &protocol.Reply_SignedIn{SignedIn: &protocol.SignedIn{
		Username: fakeUser, Owner: "Ana Torres", Role: protocol.Role_ROLE_HOLDER, Device: current,
	}}}
}

func (b *fakeBank) deviceList() (list []*protocol.Device) {
	for _, d := range b.devices {
		if !b.revoked[string(d.GetId())] {
			list = append(list, proto.CloneOf(d))
		}
	}
	return list
}

func (b *fakeBank) transfer(command *protocol.Command, order *protocol.TransferRequest) *protocol.Reply {
	key := Key(command.GetIdempotencyKey())
	if known := b.orders[key]; known != nil {
		reply := proto.CloneOf(known)
		reply.Id = command.GetId()
		if receipt := reply.GetReceipt(); receipt != nil {
			receipt.Replay = true
		}
		return reply
	}
	reply := &protocol.Reply{Id: command.GetId()}
	a := b.find(order.GetFrom())
	if a == nil || a.BalanceMinor < order.GetAmountMinor() {
		reply = refuse(command, protocol.Code_CODE_INSUFFICIENT_FUNDS)
	} else {
		leg := b.post(a, -order.GetAmountMinor(), order.GetTo(), order.GetMemo())
		reply.Result = &protocol.Reply_Receipt{Receipt: &protocol.Receipt{
			TransferId: leg.TransferId, IdempotencyKey: key[:], From: order.From, To: order.To, AmountMinor: order.AmountMinor,
			Currency: order.Currency, Memo: order.Memo, AtUs: leg.AtUs, BalanceMinor: leg.BalanceMinor, Seq: leg.Seq, Head: leg.Head,
		}}
	}
	b.orders[key] = proto.CloneOf(reply)
	return reply
}

// history's cursor is the number of the newest leg of the page.
func (b *fakeBank) history(command *protocol.Command, request *protocol.HistoryRequest) *protocol.Reply {
	a := b.find(request.GetAccount())
	if a == nil {
		return refuse(command, protocol.Code_CODE_NOT_FOUND)
	}
	from, limit := len(a.legs), b.pageMax
	if request.GetLimit() > 0 {
		limit = min(limit, int(request.GetLimit()))
	}
	if request.GetCursor() != "" {
		from, _ = strconv.Atoi(request.GetCursor())
	}
	page := &protocol.HistoryResult{}
	for i := from; i > 0 && len(page.Legs) < limit; i-- {
		page.Legs = append(page.Legs, proto.CloneOf(a.legs[i-1]))
	}
	if rest := from - len(page.Legs); rest > 0 {
		page.Next = strconv.Itoa(rest)
	}
	return &protocol.Reply{Id: command.GetId(), Result: &protocol.Reply_History{History: page}}
}

func (b *fakeBank) subscribe(request *protocol.SubscribeRequest) *protocol.SubscribeResult {
	result := &protocol.SubscribeResult{Devices: b.deviceList()}
	for _, a := range b.accounts {
		state := &protocol.AccountState{Account: proto.CloneOf(a.Account)}
		for _, p := range request.GetPositions() {
			if p.GetAccount() != a.Clabe {
				continue
			}
			switch {
			case p.GetSeq() > uint64(len(a.legs)) || string(a.headAt(p.GetSeq())) != string(p.GetHead()):
				state.HistoryDiverged = true
			case len(a.legs)-int(p.GetSeq()) > b.missingMax:
				state.Snapshot = true
			default:
				for _, leg := range a.legs[p.GetSeq():] {
					state.Missing = append(state.Missing, proto.CloneOf(leg))
				}
			}
		}
		result.Accounts = append(result.Accounts, state)
	}
	return result
}

func (a *fakeAccount) headAt(seq uint64) []byte {
	if seq == 0 {
		return a.first[:]
	}
	return a.legs[seq-1].Head
}

// keyNumber makes keys of a test's own.
func keyNumber(n uint64) Key {
	k := Key{6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint32(k[12:], uint32(n))
	return k
}
