package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"caudal/wsclient/caudal"
)

// startWiredDashboard starts a bank that a browser reaches through a wire alone.
func startWiredDashboard(t testing.TB, args ...string) (*bank, *wire) {
	t.Helper()
	address := freeAddress(t)
	b := startDashboard(t, append(args, "--origins", "https://"+address)...)
	return b, startWire(t, address, b.listen)
}

// shownOrder is what the strip of orders shows of one.
type shownOrder struct {
	State string `json:"state"`
	Text  string `json:"text"`
}

func (w *window) orders() []shownOrder {
	orders, err := tryEval[[]shownOrder](w, `[...document.querySelectorAll("[data-testid=order]")].map((o) => ({ state: o.dataset.state, text: o.textContent }))`)
	if err != nil {
		return nil // a page that loads shows none
	}
	return orders
}

// freshnessShown is whether the page has the banner that says how old everything is.
const freshnessShown = `document.querySelector(".fresh [data-testid=freshness]")?.checkVisibility({ visibilityProperty: true })`

// comesBack waits until the page is live again, and has it try at once where it waits for its next attempt.
func (w *window) comesBack() {
	w.t.Helper()
	w.until("the page is live again", func() bool {
		if retry, err := w.candidates("button", "Reintentar ahora"); err == nil && len(retry) == 1 && !retry[0].disabled {
			_ = retry[0].press() // it may be gone by now: the page came back by itself
		}
		live, err := tryEval[bool](w, linkState+` === "live"`)
		return err == nil && live
	})
}

// TestAServerKilledWithAnOrderUnderWaySettlesItOnce kills the real program with SIGKILL while an order has been carried out
// but not answered, and while one has not arrived; the page says that it does not know, also after a reload, and then
// knows.
func TestAServerKilledWithAnOrderUnderWaySettlesItOnce(t *testing.T) {
	t.Parallel()
	b, wire := startWiredDashboard(t)
	luis := register(t, b.pinned(), "luis_killed")
	ana := open(t, "Ana")
	ana.expect(networkTrouble...)
	ana.registers(wire.page(), "ana_killed", "Ana Torres")

	// Carried out, but the answer is lost with the server; and the page is loaded again in between.
	ana.preparesTransfer("@luis_killed", 100_00, "contestada a nadie")
	wire.hold(down)
	ana.confirmsTransfer(100_00)
	eventually(t, "the ledger has the transfer", func() bool { return luis.balance() == 10_100_00 })
	if state := eval[string](ana, outcomeState); state != "sending" {
		t.Errorf("an order without an answer is shown as %s", state)
	}
	b.kill()
	wire.cut()
	wire.mend()
	ana.holds(outcomeState + ` === "unknown"`)
	ana.sees("Aún no sabemos si se envió")
	ana.sees("No lo envíes de nuevo")
	address := eval[string](ana, `location.hash`)
	// The link is written once a frame, before that is painted: what a person sees of both is of one moment.
	if state := eval[string](ana, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(`+linkState+`))))`); state == "live" {
		t.Error("the page calls itself live without a server")
	}
	ana.route("/")
	ana.until("the figure is greyed and the order unknown", func() bool {
		figures, orders := ana.figures(), ana.orders()
		return len(figures) == 1 && figures[0].Old && figures[0].Read == pesos(10_000_00) && len(orders) == 1 && orders[0].State == "unknown"
	})
	ana.reloadsInVain()
	b.start()
	ana.visit(wire.page() + address)
	ana.holds(outcomeState + ` === "done"`)
	ana.route("/")
	ana.shows(9_900_00)

	// Not even arrived, and the page stays open: it settles before the person's eyes.
	ana.preparesTransfer("@luis_killed", 50_00, "perdida en camino")
	wire.hold(up)
	ana.confirmsTransfer(50_00)
	ana.holds(outcomeState + ` === "sending"`)
	b.kill()
	wire.cut()
	wire.mend()
	ana.holds(outcomeState + ` === "unknown" || ` + outcomeState + ` === "sending"`)
	b.start()
	ana.comesBack()
	ana.holds(outcomeState + ` === "done"`)
	ana.route("/")
	ana.shows(9_850_00)

	if got := luis.balance(); got != 10_150_00 {
		t.Errorf("luis has %d after one payment of 100.00 and one of 50.00", got)
	}
	witness := b.account(t, "ana_killed", testPassword)
	checkOnce(t, witness, "contestada a nadie", "perdida en camino")
	if got := witness.balance(); got != 9_850_00 {
		t.Errorf("ana has %d in the ledger", got)
	}
	b.verify()
}

// checkOnce fails unless each memo is on exactly one leg.
func checkOnce(t *testing.T, c *customer, memos ...string) {
	t.Helper()
	legs := c.legs()
	for _, memo := range memos {
		n := 0
		for _, leg := range legs {
			if leg.Memo == memo {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q is booked %d times", memo, n)
		}
	}
}

// TestACutNetworkIsShownWithinTheHeartbeatAndNothingIsLost holds the bytes back, in both directions and in one alone, which
// no socket notices. The heartbeat of this bank is a second: 2.5 of them without a word are a dead connection.
func TestACutNetworkIsShownWithinTheHeartbeatAndNothingIsLost(t *testing.T) {
	t.Parallel()
	const (
		heartbeat   = time.Second
		idleTimeout = 3 * time.Second
		// generous is for a machine that does other things at the same time. Without the rule there is no bound at all: the
		// wire holds the bytes until it is mended.
		generous = 15 * time.Second
	)
	b, wire := startWiredDashboard(t, "--heartbeat", heartbeat.String(), "--idle-timeout", idleTimeout.String())
	luis := register(t, b.pinned(), "luis_cut")
	ana := open(t, "Ana")
	ana.expect(networkTrouble...)
	ana.registers(wire.page(), "ana_cut", "Ana Torres")
	witness := b.account(t, "ana_cut", testPassword)
	balance := int64(10_000_00)
	for n, cut := range []struct {
		name string
		held []string
	}{{"towards the page", []string{down}}, {"towards the bank", []string{up}}, {"both directions", []string{up, down}}} {
		t.Run(cut.name, func(t *testing.T) {
			defer ana.within(t)()
			amount := 7_00 + int64(n) // the page asks before the same payment is made again
			incoming, outgoing := "entra: "+cut.name, "sale: "+cut.name
			ana.preparesTransfer("@luis_cut", amount, outgoing)
			ana.watch("link", linkState)

			cutAt := ana.nowMs()
			wire.hold(cut.held...)
			must[*caudal.Receipt](t)(luis.pay(testContext(t), witness, 3_00, incoming))
			ana.holds(linkState + ` !== "live"`)
			states := ana.watched("link")
			gone := slices.IndexFunc(states, func(s seen) bool { return s.Value != "live" && s.AtMs >= cutAt })
			if gone < 0 {
				t.Fatalf("the page's states: %+v", states)
			}
			after := time.Duration(states[gone].AtMs-cutAt) * time.Millisecond
			if bound := idleTimeout + heartbeat*5/2 + generous; after > bound {
				t.Errorf("the page noticed after %v, the bound is %v", after, bound)
			}
			t.Logf("noticed after %v", after.Round(time.Millisecond))
			if button := ana.find("button", "Enviar "+pesosPattern(amount)); !button.disabled {
				t.Error("an order can be given without a connection")
			}
			known := balance
			if !slices.Contains(cut.held, down) {
				known += 3_00 // what happens is still heard for a while
			}
			ana.route("/")
			ana.until("the figure is greyed", func() bool {
				figures := ana.figures()
				return len(figures) == 1 && figures[0].Old && figures[0].Read == pesos(known)
			})
			ana.holds(freshnessShown)
			ana.sees("Lo que ves es de hace")
			if len(cut.held) == 2 {
				ana.holds(linkState + ` === "old"`) // ten seconds on, a reconnection is called what it is
			}

			wire.mend()
			ana.comesBack()
			balance += 3_00
			ana.shows(balance)
			ana.holds(`!(` + freshnessShown + `)`)
			ana.route("/send/review")
			ana.confirmsTransfer(amount)
			ana.holds(outcomeState + ` === "done"`)
			balance -= amount
			ana.route("/")
			ana.shows(balance)
			for _, memo := range []string{incoming, outgoing} {
				if n := strings.Count(ana.text(), memo); n != 1 {
					t.Errorf("%q is listed %d times", memo, n)
				}
			}
			checkOnce(t, witness, incoming, outgoing)
			if got := witness.balance(); got != balance {
				t.Errorf("the ledger says %d, want %d", got, balance)
			}
		})
	}
	b.verify()
}
