package bench

import (
	"errors"
	"sync/atomic"
)

// payees are the accounts that money goes to, and what has been moved between all accounts.
type payees struct {
	accounts []payer // in the order of users: the first of each, the second of each ...
	circle   map[string]bool
	hot      bool
	// backMinor is what the hot account's holder pays at a time: as much as comes in meanwhile.
	backMinor int64

	numbers map[string]int32 // of all accounts of the users
	moved   []atomic.Int64   // by number: what acknowledged orders brought and took
}

// payer is an account, and its number in a run.
type payer struct {
	clabe  string
	number int32
}

func newPayees(c *Config) (*payees, error) {
	p := &payees{hot: c.Hot, numbers: map[string]int32{}, circle: map[string]bool{}}
	for i, more := 0, true; more; i++ {
		more = false
		for u := range c.Users {
			if accounts := c.Users[u].Accounts; i < len(accounts) {
				account := payer{accounts[i], int32(len(p.accounts))}
				p.numbers[account.clabe] = account.number
				p.accounts, more = append(p.accounts, account), true
			}
		}
	}
	if len(p.accounts) < 2 {
		return nil, errors.New("transfers need two accounts at least")
	}
	p.moved = make([]atomic.Int64, len(p.accounts))
	if c.Accounts > 0 {
		p.accounts = p.accounts[:min(max(c.Accounts, 2), len(p.accounts))]
	}
	for _, account := range p.accounts {
		p.circle[account.clabe] = true
	}
	if p.hot {
		holders := (c.Conns + len(c.Users) - 1) / len(c.Users) // connections of the hot account's holder, who is the first user
		p.backMinor = max(int64(c.Conns-holders)/int64(holders), 1)
	}
	return p, nil
}

// ofUser returns the accounts that a user pays from: those in the circle, or the first one; of the hot one's holder that alone.
func (p *payees) ofUser(u *User) (from []payer) {
	if p == nil || len(u.Accounts) == 0 {
		return nil
	}
	for _, account := range u.Accounts {
		if p.hot && account == p.accounts[0].clabe {
			return p.accounts[:1]
		}
		if p.circle[account] {
			from = append(from, payer{account, p.numbers[account]})
		}
	}
	if len(from) == 0 {
		from = append(from, payer{u.Accounts[0], p.numbers[u.Accounts[0]]})
	}
	return from
}

// settled takes an order that was acknowledged.
func (p *payees) settled(o *order) {
	p.moved[o.fromNumber].Add(-o.amountMinor)
	p.moved[o.toNumber].Add(o.amountMinor)
}

// span is by how much a balance may differ from what is known.
type span struct{ least, most int64 }

// unsettled takes an order of which nobody knows whether it was carried out.
func (p *payees) unsettled(o *order, may map[string]span) {
	from, to := may[o.from], may[o.to]
	from.least -= o.amountMinor
	may[o.from] = from
	to.most += o.amountMinor
	may[o.to] = to
}

// net is by how much the acknowledged orders changed each balance.
func (p *payees) net() map[string]int64 {
	if p == nil {
		return nil
	}
	net := make(map[string]int64, len(p.numbers))
	for clabe, number := range p.numbers {
		net[clabe] = p.moved[number].Load()
	}
	return net
}

// amountMax bounds one transfer, in minor units: little, so that nobody runs dry.
const amountMax = 100

// transfer has the client's user pay somebody: everybody alike, or the one hot account.
func transfer(c *client, s *slot) bool {
	p := c.run.payees
	from := c.from[c.random.IntN(len(c.from))]
	hot := p.accounts[0]
	if p.hot && from.number != hot.number {
		c.pay(s, from, hot, 1)
		return true
	}
	to := from
	for to.number == from.number {
		to = p.accounts[c.random.IntN(len(p.accounts))]
	}
	amountMinor := 1 + c.random.Int64N(amountMax)
	if p.hot {
		amountMinor = p.backMinor
	}
	c.pay(s, from, to, amountMinor)
	return true
}

// pay fills a slot with a payment.
func (c *client) pay(s *slot, from, to payer, amountMinor int64) {
	s.op = opTransfer
	s.order = order{
		key:  c.keys.key(c.run.bankTime(c.run.now()) / 1000),
		from: from.clabe, to: to.clabe, fromNumber: from.number, toNumber: to.number, amountMinor: amountMinor,
	}
}
