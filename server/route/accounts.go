package route

import (
	"context"
	"strings"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/protocol"
)

// listAccounts lists the user's accounts as they stand.
func listAccounts(c call, _ *protocol.Command) {
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		accounts, err := c.config.Store.AccountsOf(ctx, c.person().user)
		if err != nil {
			return nil, err
		}
		list := make([]*protocol.Account, 0, len(accounts))
		for i := range accounts {
			list = append(list, accountMessage(&accounts[i]))
		}
		return &protocol.Reply{Result: &protocol.Reply_ListAccounts{ListAccounts: &protocol.ListAccountsResult{Accounts: list}}}, nil
	})
}

// openAccount opens another account of the user's.
func openAccount(c call, request *protocol.Command) {
	r := request.GetOpenAccount()
	key, err := keyOf(request)
	if err != nil {
		c.fail(err)
		return
	}
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		name, err := models.CleanAccountName(r.GetName())
		if err != nil {
			return nil, err
		}
		currency := r.GetCurrency()
		if currency == "" {
			currency = string(money.MXN)
		}
		if len(currency) > currencyBytesMax {
			return nil, models.ErrCurrency
		}
		who := c.person()
		account, err := c.config.Ledger.OpenAccount(ctx, ledger.NewAccount{
			Key: key, Actor: who.user, Device: who.device, Name: name, Currency: currency,
		})
		if err != nil {
			return nil, err
		}
		return &protocol.Reply{Result: &protocol.Reply_Account{Account: accountMessage(account)}}, nil
	})
}

// renameAccount gives one of the user's accounts another name. All of the user's connections hear of it from the ledger.
func renameAccount(c call, request *protocol.Command) {
	r := request.GetRenameAccount()
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		if err := c.limits.mayMiss(who.user); err != nil {
			return nil, err
		}
		number, err := clabe.Parse(r.GetAccount())
		if err != nil {
			return nil, err
		}
		name, err := models.CleanAccountName(r.GetName())
		if err != nil {
			return nil, err
		}
		if wait, ok := c.limits.renames.Take(who.user); !ok {
			return nil, rateLimited(wait)
		}
		account, err := c.config.Ledger.RenameAccount(ctx, ledger.Rename{
			Account: number, Actor: who.user, Device: who.device, Name: name,
		})
		if err != nil {
			return nil, err
		}
		return &protocol.Reply{Result: &protocol.Reply_Account{Account: accountMessage(account)}}, nil
	})
}

// resolvePayee tells who would be paid, masked, so that a slip of the hand is seen before money leaves.
func resolvePayee(c call, request *protocol.Command) {
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		if err := c.limits.mayMiss(c.person().user); err != nil {
			return nil, err
		}
		payee, err := c.payee(ctx, request.GetResolvePayee())
		if err != nil {
			return nil, err
		}
		return &protocol.Reply{Result: &protocol.Reply_Payee{Payee: &protocol.Payee{
			Clabe: payee.CLABE.String(), MaskedName: payee.MaskedName, Currency: string(payee.Currency),
		}}}, nil
	})
}

func (c call) payee(ctx context.Context, r *protocol.ResolvePayeeRequest) (*models.Payee, error) {
	switch named := r.GetPayee().(type) {
	case *protocol.ResolvePayeeRequest_Clabe:
		number, err := clabe.Parse(named.Clabe)
		if err != nil {
			return nil, err
		}
		return c.config.Store.PayeeByCLABE(ctx, number)
	case *protocol.ResolvePayeeRequest_Username:
		if models.CheckUsername(named.Username) != nil {
			return nil, models.ErrPayeeNotFound // nobody has such a name
		}
		return c.config.Store.PayeeByUsername(ctx, named.Username)
	}
	return nil, invalid("a payee is named by a CLABE or a username")
}

// currencyBytesMax bounds a currency's text before anybody looks at it; ISO 4217 has three letters.
const currencyBytesMax = 3

// keyOf reads the idempotency key that a command must have.
func keyOf(request *protocol.Command) (key ledger.Key, err error) {
	if len(request.GetIdempotencyKey()) != len(key) {
		return key, ledger.ErrKeyMalformed
	}
	copy(key[:], request.GetIdempotencyKey())
	return key, nil
}

// memoOf returns a memo as it is kept. Most are plain, and that is seen at once.
func memoOf(memo string) (string, error) {
	plain := len(memo) <= models.MaxMemo && strings.Trim(memo, " ") == memo
	for i := 0; plain && i < len(memo); i++ {
		plain = memo[i] >= ' ' && memo[i] < 0x7f
	}
	if plain {
		return memo, nil
	}
	return models.CleanMemo(memo)
}
