package route

import (
	"net/netip"
	"time"

	"caudal/protocol"
	"caudal/server/limit"
)

// keysRemembered is how many names, addresses and users each limiter remembers: at some 150 bytes, 10 MB each.
const keysRemembered = 65_536

// limits count what clients try. What a stranger does counts by their address, alone or together with the name that they
// try, so that no name can be locked out by somebody elsewhere.
type limits struct {
	signIn        *limit.Limiter[attempt]
	signInAddress *limit.Limiter[netip.Addr]
	register      *limit.Limiter[netip.Addr]
	misses        *limit.Limiter[int64]
	lookUps       *limit.Limiter[int64]
	renames       *limit.Limiter[int64]
}

// attempt is who tries to sign in as whom.
type attempt struct {
	username string
	address  netip.Addr
}

func newLimits(l Limits, now func() time.Time) limits {
	most := l.KeysRemembered
	if most == 0 {
		most = keysRemembered
	}
	return limits{
		signIn:        limit.New[attempt](l.SignIn, most, now),
		signInAddress: limit.New[netip.Addr](l.SignInAddress, most, now),
		register:      limit.New[netip.Addr](l.Register, most, now),
		misses:        limit.New[int64](l.Misses, most, now),
		lookUps:       limit.New[int64](l.LookUps, most, now),
		renames:       limit.New[int64](l.Renames, most, now),
	}
}

func rateLimited(wait time.Duration) error {
	return refused{code: protocol.Code_CODE_RATE_LIMITED, wait: wait}
}

// mayTry spends an attempt to prove who one is. It is spent before the password is looked at, so that many at once are no
// way around it; succeeded gives it back. An attempt that its name refuses hashes nothing, and costs the address nothing.
func (l *limits) mayTry(a attempt) error {
	if wait, ok := l.signInAddress.Take(a.address); !ok {
		return rateLimited(wait)
	}
	if wait, ok := l.signIn.Take(a); !ok {
		l.signInAddress.Refund(a.address)
		return rateLimited(wait)
	}
	return nil
}

// succeeded gives back what mayTry spent.
func (l *limits) succeeded(a attempt) {
	l.signInAddress.Refund(a.address)
	l.signIn.Refund(a)
}

// mayMiss refuses a user who has no miss left any command by which they could find something out.
func (l *limits) mayMiss(user int64) error {
	if wait := l.misses.Wait(user); wait > 0 {
		return rateLimited(wait)
	}
	return nil
}
