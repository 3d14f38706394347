package route

import "caudal/protocol"

// need is what a command needs of the connection on which it comes.
type need uint8

const (
	needsNothing need = iota
	needsHello        // and no sign-in yet: the commands that sign in
	needsSignIn
	needsTeller
)

// command is one row of the table: what it needs, and the function that answers it.
type command struct {
	name  string // as the schema has it; also the metrics' label
	needs need
	run   func(call, *protocol.Command)
}

// kind is the index of a command in the table.
type kind uint8

const (
	kindUnknown kind = iota
	kindHello
	kindRegister
	kindLogin
	kindResume
	kindLogout
	kindChangePassword
	kindListAccounts
	kindOpenAccount
	kindResolvePayee
	kindTransfer
	kindHistory
	kindSubscribe
	kindUnsubscribe
	kindListDevices
	kindRevokeDevice
	kindDeposit
	kindWithdraw
	kindPing
	kindFindHolders
	kindListAudit
	kindTellerLimits
	kindRenameAccount
	kindRenameDevice
	kinds
)

// commands is who may do what. [Router.Command] alone reads it, before anything else is done for a command. What depends on
// the account named, or on limits, the ledger decides in the commit itself.
var commands [kinds]command

func init() { // a variable would refer to itself: functions here lead to the router, and the router to the table
	commands = [kinds]command{
		kindUnknown:        {"unknown", needsNothing, unknown},
		kindHello:          {"hello", needsNothing, hello},
		kindPing:           {"ping", needsNothing, ping},
		kindRegister:       {"register", needsHello, register},
		kindLogin:          {"login", needsHello, login},
		kindResume:         {"resume", needsHello, resume},
		kindLogout:         {"logout", needsSignIn, logout},
		kindChangePassword: {"change_password", needsSignIn, changePassword},
		kindListAccounts:   {"list_accounts", needsSignIn, listAccounts},
		kindOpenAccount:    {"open_account", needsSignIn, openAccount},
		kindResolvePayee:   {"resolve_payee", needsSignIn, resolvePayee},
		kindTransfer:       {"transfer", needsSignIn, transfer},
		kindHistory:        {"history", needsSignIn, history},
		kindSubscribe:      {"subscribe", needsSignIn, subscribe},
		kindUnsubscribe:    {"unsubscribe", needsSignIn, unsubscribe},
		kindListDevices:    {"list_devices", needsSignIn, listDevices},
		kindRevokeDevice:   {"revoke_device", needsSignIn, revokeDevice},
		kindRenameAccount:  {"rename_account", needsSignIn, renameAccount},
		kindRenameDevice:   {"rename_device", needsSignIn, renameDevice},
		kindDeposit:        {"deposit", needsTeller, deposit},
		kindWithdraw:       {"withdraw", needsTeller, withdraw},
		kindFindHolders:    {"find_holders", needsTeller, findHolders},
		kindListAudit:      {"list_audit", needsTeller, listAudit},
		kindTellerLimits:   {"teller_limits", needsTeller, tellerLimits},
	}
}

// kindOf says which command c is. A request that this server does not know is kindUnknown.
func kindOf(c *protocol.Command) kind {
	switch c.GetRequest().(type) {
	case *protocol.Command_Transfer:
		return kindTransfer
	case *protocol.Command_Ping:
		return kindPing
	case *protocol.Command_Hello:
		return kindHello
	case *protocol.Command_Register:
		return kindRegister
	case *protocol.Command_Login:
		return kindLogin
	case *protocol.Command_Resume:
		return kindResume
	case *protocol.Command_Logout:
		return kindLogout
	case *protocol.Command_ChangePassword:
		return kindChangePassword
	case *protocol.Command_ListAccounts:
		return kindListAccounts
	case *protocol.Command_OpenAccount:
		return kindOpenAccount
	case *protocol.Command_ResolvePayee:
		return kindResolvePayee
	case *protocol.Command_History:
		return kindHistory
	case *protocol.Command_Subscribe:
		return kindSubscribe
	case *protocol.Command_Unsubscribe:
		return kindUnsubscribe
	case *protocol.Command_ListDevices:
		return kindListDevices
	case *protocol.Command_RevokeDevice:
		return kindRevokeDevice
	case *protocol.Command_Deposit:
		return kindDeposit
	case *protocol.Command_Withdraw:
		return kindWithdraw
	case *protocol.Command_FindHolders:
		return kindFindHolders
	case *protocol.Command_ListAudit:
		return kindListAudit
	case *protocol.Command_TellerLimits:
		return kindTellerLimits
	case *protocol.Command_RenameAccount:
		return kindRenameAccount
	case *protocol.Command_RenameDevice:
		return kindRenameDevice
	}
	return kindUnknown
}

// CommandNames returns the names of all commands, as [Config.Observe] gets them.
func CommandNames() []string {
	names := make([]string, 0, kinds)
	for _, c := range commands {
		names = append(names, c.name)
	}
	return names
}

// allow says whether a session may run a command that needs n, as far as that is known before the command is looked at.
func (s *session) allow(n need) error {
	if n == needsNothing {
		return nil
	}
	if !s.greeted {
		return refused{code: protocol.Code_CODE_HELLO_REQUIRED}
	}
	if n == needsHello {
		if !s.signingIn.CompareAndSwap(false, true) {
			return refused{code: protocol.Code_CODE_ALREADY_AUTHENTICATED}
		}
		return nil
	}
	who := s.who.Load()
	if who == nil {
		return refused{code: protocol.Code_CODE_UNAUTHENTICATED}
	}
	if n == needsTeller && !who.teller {
		return refused{code: protocol.Code_CODE_PERMISSION_DENIED}
	}
	return nil
}
