package e2e

import (
	"strconv"
	"testing"
)

// TestCashAtTheCounterMovesTheHoldersScreen: a teller finds a holder and takes cash, and the holder, elsewhere, sees it.
func TestCashAtTheCounterMovesTheHoldersScreen(t *testing.T) {
	t.Parallel()
	b := startDashboard(t)
	ana, teller := open(t, "Ana"), open(t, "the teller")
	ana.registers(b.page(), "ana_counter", "Ana Torres")
	ana.route("/")
	ana.shows(10_000_00)
	teller.signsIn(b.page(), "caja", b.demoPassword(t, "caja"))
	teller.route("/teller")
	for n, way := range []struct {
		choice, confirm  string
		amountMinor, sum int64
	}{{"Depósito", "Confirmar depósito", 500_00, 10_500_00}, {"Retiro", "Confirmar retiro", 200_25, 10_299_75}} {
		teller.fill("searchbox", "Busca a quien atiendes", "@ana_counter")
		teller.presses("[data-testid=holder]")
		teller.until("the amount is asked for", func() bool {
			if account, err := teller.one("[data-testid=holder-account]"); err == nil {
				_ = element{w: teller, node: account}.press() // gone by now: there is only one, and it was chosen
			}
			fields, err := teller.candidates("textbox", "Importe")
			return err == nil && len(fields) == 1
		})
		teller.click("radio", way.choice)
		teller.fill("textbox", "Importe", pesos(way.amountMinor)[1:])
		teller.click("button", "Revisar")
		teller.click("button", way.confirm)
		teller.holds(`document.querySelector("[data-testid=cash-order]")?.dataset.state === "done"`)
		ana.shows(way.sum)
		teller.holds(`document.querySelectorAll("[data-testid=trail-entry]").length >= ` + strconv.Itoa(n+1))
		teller.presses("[data-testid=next-customer]")
	}
	witness := b.account(t, "ana_counter", testPassword)
	if got := witness.balance(); got != 10_299_75 {
		t.Errorf("the ledger says %d", got)
	}
	b.verify()
}

// TestTheDemoShowsBothSidesOfAPayment: two holders on one page, each with a connection of their own.
func TestTheDemoShowsBothSidesOfAPayment(t *testing.T) {
	t.Parallel()
	b := startDashboard(t)
	w := open(t, "somebody")
	w.visit(b.page() + "demo")
	sides := func(left, right int64) {
		t.Helper()
		w.until("the sides show "+pesos(left)+" and "+pesos(right), func() bool {
			got := w.figures()
			return len(got) >= 2 && got[0] == figure{Read: pesos(left), Shown: pesos(left)} && got[len(got)-1] == figure{Read: pesos(right), Shown: pesos(right)}
		})
	}
	w.holds(`document.querySelector("[data-testid=demo-left-balance]") && document.querySelector("[data-testid=demo-right-balance]")`)
	w.until("both sides have their gift", func() bool { return len(w.figures()) >= 2 })
	sides(10_000_00, 10_000_00)
	w.click("button", `.*\$50\.00 a Tomás`)
	sides(9_950_00, 10_050_00)
	w.sees(pesosPattern(20_000_00))
	b.verify()
}
