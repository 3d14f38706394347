package e2e

import (
	"strconv"
	"testing"

	"caudal/wsclient/caudal"
)

// TestATransferMovesTheOthersScreenWithoutAReload: two people, each in a browser of their own, one payment by the form.
func TestATransferMovesTheOthersScreenWithoutAReload(t *testing.T) {
	t.Parallel()
	b := startDashboard(t)
	ana, luis := open(t, "Ana"), open(t, "Luis")
	ana.registers(b.page(), "ana_web", "Ana Torres Vega")
	luis.registers(b.page(), "luis_web", "Luis Vela Ruiz")
	ana.route("/")
	luis.route("/")
	ana.shows(10_000_00)
	luis.shows(10_000_00)
	eval[any](luis, `void (globalThis.caudalLoadedOnce = true)`)

	const amount = 1_234_56
	ana.pays("@luis_web", amount, "la renta de ñandú 🐦")
	luis.shows(10_000_00 + amount)
	luis.sees(`Recibiste \+?` + pesosPattern(amount))
	luis.sees(`De Ana Torres Vega|De A\S* T\S* V\S*`)
	ana.route("/")
	ana.shows(10_000_00 - amount)
	if !eval[bool](luis, `globalThis.caudalLoadedOnce === true`) {
		t.Error("Luis's page was loaded again")
	}

	// The ledger, asked by clients of their own, says the same to the last digit.
	for name, w := range map[string]*window{"ana_web": ana, "luis_web": luis} {
		witness := b.account(t, name, testPassword)
		if got := witness.balance(); w.figures()[0].Read != pesos(got) {
			t.Errorf("%s's screen shows %+v, the ledger %d", name, w.figures(), got)
		}
		checkReceipt(t, w, witness, witness.legs()[0])
	}

	// Whoever looks elsewhere sees it in the title.
	luis.looksElsewhere()
	ana.pays("@luis_web", 1_00, "")
	luis.holds(`document.title.replaceAll("\u00a0", " ") === "(+$1.00) Caudal"`)
	luis.looksHere()
	luis.holds(`!document.title.includes("$")`)
	luis.route("/")
	luis.shows(10_001_00 + amount)
	b.verify()
}

// checkReceipt opens the newest movement from the list and holds its receipt to the ledger's leg.
func checkReceipt(t *testing.T, w *window, witness *customer, leg caudal.Leg) {
	t.Helper()
	w.route("/movements")
	// The whole row is one link, named by all that it says.
	memo := leg.Memo
	w.click("link", `.*`+memo+`.*`)
	verb, size := "Recibiste", leg.AmountMinor
	if size < 0 {
		verb, size = "Enviaste", -size
	}
	w.find("heading", verb+" "+pesosPattern(size))
	w.sees("Comprobado en este navegador")
	facts := w.facts()
	want := map[string]string{
		"Concepto":            leg.Memo,
		"Movimiento":          strconv.FormatUint(leg.Seq, 10),
		"Saldo después":       pesos(leg.BalanceMinor),
		"Transferencia":       leg.TransferID,
		"Huella de la cadena": leg.Head.String(),
	}
	if !leg.Key.IsZero() {
		want["Clave de la orden"] = leg.Key.String()
	} else if key, shown := facts["Clave de la orden"]; shown {
		t.Errorf("whoever was paid sees the key %q", key)
	}
	for name, value := range want {
		if facts[name] != value {
			t.Errorf("the receipt's %s is %q, the ledger's %q", name, facts[name], value)
		}
	}
	if want := "#/movements/" + leg.Account + "/" + strconv.FormatUint(leg.Seq, 10); eval[string](w, `location.hash`) != want {
		t.Errorf("the receipt's address is %s, want %s", eval[string](w, `location.hash`), want)
	}
	if witness.account != leg.Account {
		t.Fatalf("the witness looked at %s, not %s", leg.Account, witness.account)
	}
	w.route("/")
}
