package e2e

import (
	"testing"

	"caudal/wsclient/caudal"
)

func TestATransferShowsOnEveryConnectionOfBothHolders(t *testing.T) {
	b := startBank(t)
	ana := register(t, b.pinned(), "ana_live")
	luis := register(t, b.pinned(), "luis_live")
	phone, laptop := ana.again(b.pinned()).listen(), ana.again(b.pinned()).listen()
	luisListens := luis.listen()

	const transfers = 50
	for i := range transfers {
		must[*caudal.Receipt](t)(luis.pay(testContext(t), ana, int64(i+1), "la comida"))
	}
	want := int64(10_000_00 + transfers*(transfers+1)/2)
	for name, l := range map[string]*listener{"phone": phone, "laptop": laptop} {
		seen := l.until(1 + transfers) // the gift was leg 1
		last := seen[len(seen)-1]
		if last.BalanceMinor != want || last.Leg.Memo != "la comida" || last.Leg.Counterparty != luis.account {
			t.Errorf("%s ends with %+v %+v, want a balance of %d", name, last, last.Leg, want)
		}
		if len(seen) != transfers+1 {
			t.Errorf("%s has seen %d balances", name, len(seen))
		}
	}
	seen := luisListens.until(1 + transfers)
	if last := seen[len(seen)-1]; last.BalanceMinor != 20_000_00-want || last.Leg.AmountMinor != -transfers {
		t.Errorf("the payer ends with %+v", last)
	}
	b.verify()
}
