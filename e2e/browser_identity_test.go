package e2e

import (
	"strings"
	"testing"
)

// TestAnotherIdentityAtTheSameAddressIsToldNothing: where another bank answers at the address of the one that the browser
// knows, the page stops. The bank gets the first message of the handshake, which is the same for everybody, and no more.
func TestAnotherIdentityAtTheSameAddressIsToldNothing(t *testing.T) {
	t.Parallel()
	own, other := startDashboard(t), startDashboard(t)
	m := startMiddleboxAs(t, own, chromium.certificate)
	type told struct{ first, more int } // messages to a bank: a connection's first, and what came after it
	sent := map[*bank]told{}            // under m.mu
	m.tamper = func(direction string, n int, message []byte) [][]byte {
		to := sent[m.bank]
		if direction == up && n == 0 {
			to.first++
		} else if direction == up {
			to.more++
		}
		sent[m.bank] = to
		return [][]byte{message}
	}
	ana := open(t, "Ana")
	ana.expect(networkTrouble...)
	ana.registers(m.page(), "ana_moved", "Ana Torres")
	ana.route("/")
	ana.shows(10_000_00)
	if own.identity == other.identity {
		t.Fatal("the two banks are one")
	}

	m.lead(other)
	ana.holds(`document.querySelector("[data-testid=identity-changed]")`)
	ana.sees("Este no es el banco que conocías")
	ana.find("button", "Olvidar al banco de antes")
	ana.reload()
	ana.holds(`document.querySelector("[data-testid=identity-changed]")`)
	text := ana.text()
	for _, b := range []*bank{own, other} {
		if !strings.Contains(text, strings.ReplaceAll(b.identity.String(), "-", " ")) {
			t.Errorf("the page does not show the fingerprint %s", b.identity)
		}
	}
	if got := ana.figures(); len(got) > 0 {
		t.Errorf("figures are still shown: %+v", got)
	}

	// Every way that is not the typed one leads back here: other routes, and a wrong group.
	for _, path := range []string{"/", "/send", "/signin", "/register", "/security"} {
		ana.route(path)
		ana.find("button", "Olvidar al banco de antes")
		ana.absent("button", "Entrar")
	}
	ana.fill("textbox", "Si el banco te confirmó.*", own.identity.String()[:5])
	ana.click("button", "Olvidar al banco de antes")
	ana.sees("No es el primer grupo de la huella nueva")
	m.mu.Lock()
	toOwn, toOther := sent[own], sent[other]
	m.mu.Unlock()
	if toOwn.more == 0 || toOther.first == 0 || toOther.more != 0 {
		t.Errorf("the bank was sent %+v, the other one %+v", toOwn, toOther)
	}

	// The typed act: this browser forgets the old bank, and is a stranger to the new one.
	ana.fill("textbox", "Si el banco te confirmó.*", other.identity.String()[:5])
	ana.click("button", "Olvidar al banco de antes")
	ana.find("button", "Entrar")
	if got := ana.figures(); len(got) > 0 {
		t.Errorf("figures are still shown: %+v", got)
	}
	ana.registers(m.page(), "ana_again", "Ana Torres")
	ana.route("/")
	ana.shows(10_000_00)

	// And back at the first bank's address with the first bank, that is another identity again.
	m.lead(own)
	ana.holds(`document.querySelector("[data-testid=identity-changed]")`)
}
