package e2e

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"caudal/models/money"
	"caudal/wsclient/caudal"
)

// What a person does on the dashboard, in Spanish as a browser of Mexico gets it.

// registers opens an account for somebody new by the form, and waits until the figures are live.
func (w *window) registers(page, username, owner string) {
	w.t.Helper()
	w.visit(page + "#/register")
	w.fill("textbox", "Nombre completo", owner)
	w.fill("textbox", "Usuario", username)
	w.fill("textbox", "Contraseña", testPassword)
	w.click("button", "Abrir mi cuenta")
	w.isLive()
}

// signsIn types username and password, and waits until the figures are live.
func (w *window) signsIn(page, username, password string) {
	w.t.Helper()
	w.visit(page + "#/signin")
	w.typesCredentials(username, password)
	w.isLive()
}

func (w *window) typesCredentials(username, password string) {
	w.t.Helper()
	w.fill("textbox", "Usuario", username)
	w.fill("textbox", "Contraseña", password)
	w.click("button", "Entrar")
}

// isLive waits until the page says that its figures are.
func (w *window) isLive() {
	w.t.Helper()
	w.holds(linkState + ` === "live"`)
}

// linkState is what the page says of its connection: live, calm, waiting or old.
const linkState = `document.querySelector("[data-testid=link-state]")?.dataset.link`

// outcomeState is what the page of an order says has become of it: sending, unknown, done or refused.
const outcomeState = `document.querySelector("[data-testid=outcome]")?.dataset.state`

// preparesTransfer fills in the form of a payment and stops at the review.
func (w *window) preparesTransfer(to string, amountMinor int64, memo string) {
	w.t.Helper()
	w.route("/send")
	w.fill("textbox", "Para", to)
	w.holds(`document.querySelector("[data-testid=payee-found]")`)
	w.fill("textbox", "Monto", money.Format(amountMinor, money.MXN))
	if memo != "" {
		w.fill("textbox", "Concepto", memo)
	}
	w.click("button", "Continuar")
	w.find("button", "Enviar "+pesosPattern(amountMinor))
}

// confirmsTransfer says yes to the review.
func (w *window) confirmsTransfer(amountMinor int64) {
	w.t.Helper()
	w.click("button", "Enviar "+pesosPattern(amountMinor))
}

// pays pays by the form, and waits until the bank has said yes.
func (w *window) pays(to string, amountMinor int64, memo string) {
	w.t.Helper()
	w.preparesTransfer(to, amountMinor, memo)
	w.confirmsTransfer(amountMinor)
	w.holds(outcomeState + ` === "done"`)
}

// pesos writes an amount as the dashboard does.
func pesos(amountMinor int64) string { return "$" + money.FormatGrouped(amountMinor, money.MXN) }

func pesosPattern(amountMinor int64) string {
	return regexp.QuoteMeta(pesos(amountMinor))
}

// figure is a balance on the page: as it is read aloud, as its digits stand, and whether it is shown as old.
type figure struct {
	Read  string `json:"read"`
	Shown string `json:"shown"`
	Old   bool   `json:"old"`
}

// figures are the large balances on the page. A digit is a strip of ten, of which the one is seen that the strip is moved to.
func (w *window) figures() []figure {
	figures, err := tryEval[[]figure](w, `[...document.querySelectorAll(".figure")].filter((f) => f.checkVisibility()).map((f) => ({
		read: f.querySelector(".read").firstChild.data.replaceAll("\u00a0", " "),
		shown: [...f.querySelectorAll(".figure-shown *")].map((e) =>
			e.matches(".digit-strip") ? e.children[Math.round(-parseFloat(e.style.transform.slice("translateY(".length)) / 10)].textContent
			: e.closest(".digit") || e.children.length > 0 ? "" : e.textContent).join(""),
		old: f.matches(".figure-old"),
	}))`)
	if err != nil {
		return nil // a page that loads shows none
	}
	return figures
}

// shows waits until a live figure on the page is exactly the amount, read and shown.
func (w *window) shows(amountMinor int64) {
	w.t.Helper()
	want := pesos(amountMinor)
	var got []figure
	shown := false
	defer func() {
		if !shown {
			w.t.Logf("%s's figures: %+v", w.name, got)
		}
	}()
	w.until("a live figure is "+want, func() bool {
		got = w.figures()
		shown = slices.Contains(got, figure{Read: want, Shown: want})
		return shown
	})
}

// facts are the names and values of what a receipt or an order consists of.
func (w *window) facts() map[string]string {
	w.t.Helper()
	return eval[map[string]string](w, `Object.fromEntries([...document.querySelectorAll("main dl dt")].map((dt) =>
		[dt.textContent.trim(), (dt.nextElementSibling.querySelector(".code") ?? dt.nextElementSibling).textContent.replaceAll("\u00a0", " ").trim()]))`)
}

// presses clicks the one element that a CSS selector finds, for what has no name of its own.
func (w *window) presses(selector string) {
	w.t.Helper()
	w.until("the one "+selector+" can be clicked", func() bool {
		node, err := w.one(selector)
		return err == nil && element{w: w, node: node, name: selector}.press() == nil
	})
}

func (w *window) one(selector string) (node cdp.BackendNodeID, err error) {
	ctx, cancel := w.limited()
	defer cancel()
	err = chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		script := `(() => { const all = document.querySelectorAll(` + quote(selector) + `); return all.length === 1 ? all[0] : null })()`
		found, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: script})
		if err != nil {
			return err
		}
		if found.Result == nil || found.Result.ObjectID == "" {
			return fmt.Errorf("there is not one %s", selector)
		}
		described, err := cdp.Call(ctx, target, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: found.Result.ObjectID})
		if err != nil {
			return err
		}
		node = described.Node.BackendNodeID
		return nil
	}))
	return node, err
}

// account is somebody's first account as a client of their own sees it: what the ledger says.
func (b *bank) account(t testing.TB, name, password string) *customer {
	t.Helper()
	ctx := testContext(t)
	c := &customer{t: t, name: name, device: must[*caudal.Device](t)(caudal.NewDevice("witness"))}
	c.Conn = must[*caudal.Conn](t)(caudal.Dial(ctx, b.pinned()))
	t.Cleanup(func() { c.Close() })
	must[*caudal.User](t)(c.Login(ctx, name, password, c.device))
	c.account = must[[]caudal.Account](t)(c.Accounts(ctx))[0].CLABE
	return c
}

// legs are the account's, the newest first.
func (c *customer) legs() []caudal.Leg {
	c.t.Helper()
	var legs []caudal.Leg
	for leg, err := range c.Legs(testContext(c.t), caudal.HistoryQuery{Account: c.account}) {
		if err != nil {
			c.t.Fatal(err)
		}
		legs = append(legs, leg)
	}
	return legs
}
