package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"caudal/wsclient/caudal"
)

// screen is something that a person can have in front of them. Every one is held to the same: axe-core finds nothing, in
// either theme and language, on a phone and on a desktop; it never scrolls sideways; the browser has nothing to complain
// of. And of every one there is a picture where -screenshots asks for them.
type screen struct {
	name string
	who  string // whose window
	open func(s *stage, w *window)
}

// screens is the one list of them. A screen may rely on those before it. What takes a while to become old is cut early.
var screens = []screen{
	{"accounts", "ana", func(s *stage, w *window) {
		w.route("/")
		w.shows(s.ana.balance() + 1_500_00)
		w.sees("gota 39")
	}},
	{"account", "ana", func(s *stage, w *window) {
		w.route("/account/" + s.ana.account)
		w.shows(s.ana.balance())
		w.find("button", "Ver como tabla")
	}},
	{"account-table", "ana", func(s *stage, w *window) {
		w.click("button", "Ver como tabla")
		w.holds(`document.querySelector("table")?.checkVisibility()`)
	}},
	{"account-empty", "ana", func(s *stage, w *window) {
		w.route("/account/" + s.empty)
		w.shows(0)
	}},
	{"account-unknown", "ana", func(s *stage, w *window) {
		w.route("/account/999001000000000001")
		w.find("heading", "(?i).*cuenta.*")
	}},
	{"movements", "ana", func(s *stage, w *window) {
		w.route("/movements/" + s.ana.account)
		w.sees("gota 39")
	}},
	{"movements-found", "ana", func(s *stage, w *window) {
		w.fill("searchbox", "Buscar", "gota 3")
		w.sees("coincidencias")
	}},
	{"movements-none-found", "ana", func(s *stage, w *window) {
		w.fill("searchbox", "Buscar", "zzzzzz")
		w.sees("Nada coincide")
	}},
	{"movements-empty", "ana", func(s *stage, w *window) {
		w.route("/movements/" + s.empty)
		w.sees("Todavía no hay movimientos")
	}},
	{"export", "ana", func(s *stage, w *window) {
		w.route("/movements/" + s.ana.account)
		w.click("button", "Exportar")
		w.find("dialog", "Exportar a CSV")
	}},
	{"receipt", "ana", func(s *stage, w *window) {
		w.presses("dialog[open] .field-action")
		w.route("/movements/" + s.ana.account + "/2")
		w.sees("Comprobado en este navegador")
	}},
	{"receipt-missing", "ana", func(s *stage, w *window) {
		w.route("/movements/" + s.ana.account + "/999999")
		w.sees("No existe ese movimiento")
	}},
	{"send", "ana", func(s *stage, w *window) {
		w.route("/send")
		w.fill("textbox", "Para", "@"+s.luis.name)
		w.holds(`document.querySelector("[data-testid=payee-found]")`)
		w.fill("textbox", "Monto", "125.50")
		w.fill("textbox", "Concepto", "la comida del domingo")
	}},
	{"send-problems", "ana", func(s *stage, w *window) {
		w.fill("textbox", "Monto", "999999999")
		w.fill("textbox", "Para", "032180000118359718")
		w.click("textbox", "Concepto")
		w.sees("revisa la CLABE")
	}},
	{"send-review", "ana", func(s *stage, w *window) { w.preparesTransfer("@"+s.luis.name, 125_50, "la comida del domingo") }},
	{"order-done", "ana", func(s *stage, w *window) {
		w.confirmsTransfer(125_50)
		w.holds(outcomeState + ` === "done"`)
	}},
	{"send-own", "ana", func(s *stage, w *window) {
		w.route("/send?mode=own")
		w.find("button", "Continuar")
	}},
	{"receive", "ana", func(s *stage, w *window) {
		w.route("/send?mode=receive")
		w.sees("Tu CLABE")
	}},
	{"open-account", "ana", func(s *stage, w *window) {
		w.route("/open")
		w.holds(`document.querySelector("[data-testid=open-form]")`)
	}},
	{"security", "ana", func(s *stage, w *window) {
		w.route("/security")
		w.sees("ML-KEM-768 lo calcula tu navegador")
		s.bank.account(s.t, "ana_screens", testPassword)
		w.holds(`document.querySelector("[data-testid=new-device]")`)
	}},
	{"revoke", "ana", func(s *stage, w *window) {
		w.presses("[data-testid=new-device] .button-danger")
		w.find("dialog", "¿Revocar .*")
	}},
	{"sign-out", "ana", func(s *stage, w *window) {
		w.presses("dialog[open] .field-action")
		w.presses("[data-testid=leave-now]")
		w.find("dialog", "Cerrar sesión.*")
	}},
	{"shortcuts", "ana", func(s *stage, w *window) {
		w.presses("dialog[open] .field-action")
		w.route("/")
		w.shows(1_500_00)
		w.types("?")
		w.find("dialog", "Atajos de teclado")
	}},
	{"order-unknown", "ana", func(s *stage, w *window) {
		w.presses("dialog[open] .field-action")
		w.preparesTransfer("@"+s.luis.name, 42_00, "en el corte")
		s.wire.hold(down)
		w.confirmsTransfer(42_00)
		eventually(s.t, "the ledger has the transfer", func() bool { return s.luis.legs()[0].Memo == "en el corte" })
		s.wire.hold(up)
		s.wire.cut()
		w.holds(outcomeState + ` === "unknown"`)
	}},
	{"sign-in", "stranger", func(s *stage, w *window) {
		w.visit(s.bank.page() + "#/signin")
		w.find("button", "Entrar")
		w.sees("Huella del banco: [A-Z2-7]{5}")
	}},
	{"sign-in-refused", "stranger", func(s *stage, w *window) {
		w.typesCredentials("nobody_here", testPassword)
		w.sees("El usuario o la contraseña no son correctos")
	}},
	{"register", "stranger", func(s *stage, w *window) {
		w.route("/register")
		w.find("button", "Abrir mi cuenta")
	}},
	{"register-problems", "stranger", func(s *stage, w *window) {
		w.fill("textbox", "Contraseña", "corta")
		w.click("button", "Abrir mi cuenta")
		w.sees("Escribe tu nombre")
	}},
	{"newcomer", "newcomer", func(s *stage, w *window) {
		w.route("/")
		w.shows(10_000_00)
		w.sees("Saldo en el tiempo")
	}},
	{"counter-not-for-you", "newcomer", func(s *stage, w *window) {
		w.route("/teller")
		w.sees("La ventanilla es para el personal")
	}},
	{"send-empty", "newcomer", func(s *stage, w *window) {
		w.route("/send")
		w.find("button", "Continuar")
	}},
	{"send-own-needs-another", "newcomer", func(s *stage, w *window) {
		w.route("/send?mode=own")
		w.sees("Con otra cuenta puedes apartar dinero")
	}},
	{"counter", "teller", func(s *stage, w *window) {
		w.route("/teller")
		w.holds(`document.querySelector("[data-testid=counter]") && document.querySelector("[data-testid=limits]")`)
	}},
	{"counter-found", "teller", func(s *stage, w *window) {
		w.fill("searchbox", "Busca a quien atiendes", "Someone")
		w.holds(`document.querySelectorAll("[data-testid=holder]").length > 0`)
	}},
	{"demo", "demo", func(s *stage, w *window) {
		w.visit(s.bank.page() + "demo")
		w.until("both holders' figures are live", func() bool {
			figures := w.figures()
			live := 0
			for _, f := range figures {
				if !f.Old && strings.HasPrefix(f.Read, "$1") {
					live++
				}
			}
			return live >= 2
		})
	}},
	{"not-live", "ana", func(s *stage, w *window) {
		w.route("/")
		w.holds(`document.querySelector(".figure-old")`)
		w.holds(freshnessShown)
		w.holds(linkState + ` === "old"`)
	}},
	{"order-details", "ana", func(s *stage, w *window) {
		w.click("button", `\$42\.00 a .*`)
		w.holds(`document.querySelector("[data-testid=order-details]")?.open`)
	}},
	{"another-identity", "newcomer", func(s *stage, w *window) {
		s.middlebox.lead(s.other)
		w.holds(`document.querySelector("[data-testid=identity-changed]")`)
	}},
}

// stage is a bank with everybody in it that the screens need.
type stage struct {
	t           testing.TB
	bank, other *bank
	wire        *wire
	middlebox   *middlebox
	windows     map[string]*window
	ana, luis   *customer
	empty       string // CLABE of an account of Ana's that has never moved
}

func setStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{t: t, windows: map[string]*window{}}
	s.bank, s.wire = startWiredDashboard(t)
	s.other = startDashboard(t)
	s.middlebox = startMiddleboxAs(t, s.bank, chromium.certificate)
	s.ana, s.luis = register(t, s.bank.pinned(), "ana_screens"), register(t, s.bank.pinned(), "luis_screens")
	ctx := testContext(t)
	savings := must[*caudal.Account](t)(s.ana.OpenAccount(ctx, caudal.NewAccount{Name: "Ahorro para el viaje", Currency: "MXN"}))
	s.empty = must[*caudal.Account](t)(s.ana.OpenAccount(ctx, caudal.NewAccount{Name: "Apenas abierta", Currency: "MXN"})).CLABE
	must[*caudal.Receipt](t)(s.ana.Transfer(ctx, caudal.Order{
		From: s.ana.account, To: savings.CLABE, AmountMinor: 1_500_00, Currency: "MXN", Memo: "para el viaje", Key: caudal.Key(uuid.Must(uuid.NewV7())),
	}))
	for i := range 40 {
		from, to := s.ana, s.luis
		if i%3 != 0 {
			from, to = to, from
		}
		must[*caudal.Receipt](t)(from.pay(ctx, to, int64(1+i*i)*1_37%900_00+1, "gota "+username("", i)[1:]))
	}
	for _, name := range []string{"stranger", "newcomer", "ana", "teller", "demo"} {
		s.windows[name] = open(t, name)
		s.windows[name].media("prefers-reduced-motion", "reduce")
	}
	s.windows["newcomer"].registers(s.middlebox.page(), "nueva_screens", "Nuria Nueva Ñáñez")
	s.windows["ana"].signsIn(s.wire.page(), "ana_screens", testPassword)
	s.windows["teller"].signsIn(s.bank.page(), "caja", s.bank.demoPassword(t, "caja"))
	for _, name := range []string{"ana", "newcomer"} { // whose networks are cut
		s.windows[name].expect(networkTrouble...)
	}
	return s
}

// demoPassword is the password that the demo has drawn for one of its people.
func (b *bank) demoPassword(t testing.TB, name string) string {
	t.Helper()
	text := string(must[[]byte](t)(os.ReadFile(filepath.Join(b.dir, "data", "demo-passwords"))))
	for _, line := range strings.Split(text, "\n") {
		if who, password, ok := strings.Cut(line, " "); ok && who == name {
			return password
		}
	}
	t.Fatalf("the demo has no %s", name)
	return ""
}
