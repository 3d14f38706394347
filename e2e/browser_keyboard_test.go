package e2e

import (
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tabsMax bounds how far apart two controls of one page may be.
const tabsMax = 40

// tabsTo presses the Tab key until what has the focus has the name, which must be marked for the eye on the way.
func (w *window) tabsTo(pattern string) {
	w.t.Helper()
	expression := regexp.MustCompile(`^(?:` + pattern + `)$`)
	type focus struct {
		Name    string `json:"name"`
		Visible bool   `json:"visible"`
	}
	var passed []string
	for range tabsMax {
		w.run(chromedp.KeyEvent(kb.Tab))
		at := eval[focus](w, `(() => {
			const e = document.activeElement;
			const marks = (x) => { const s = getComputedStyle(x); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== "none"; };
			const label = e.labels?.[0]?.textContent ?? e.ariaLabel ?? e.textContent;
			return {
				name: label.replaceAll("\u00a0", " ").replace(/\s+/g, " ").trim(),
				visible: e === document.body || e.matches(":focus-visible") && [e, e.parentElement, e.parentElement?.parentElement].some((x) => x && marks(x)),
			};
		})()`)
		if !at.Visible {
			w.t.Errorf("the focus on %q cannot be seen", at.Name)
		}
		if expression.MatchString(at.Name) {
			return
		}
		passed = append(passed, at.Name)
	}
	w.t.Fatalf("%s does not get to %q by the Tab key, only to %q", w.name, pattern, passed)
}

// key presses one key.
func (w *window) key(key string) {
	w.t.Helper()
	w.run(chromedp.KeyEvent(key))
}

// focusIsOn waits until the heading of a page that was gone to has the focus, so that it is read aloud.
func (w *window) focusIsOn(pattern string) {
	w.t.Helper()
	expression := regexp.MustCompile(pattern)
	w.until("the focus is on "+pattern, func() bool {
		text, err := tryEval[string](w, `document.activeElement.textContent.replaceAll("\u00a0", " ").trim()`)
		return err == nil && expression.MatchString(text)
	})
}

// TestTheKeyboardAloneIsEnough: from the empty form to the receipt without a mouse.
func TestTheKeyboardAloneIsEnough(t *testing.T) {
	t.Parallel()
	b := startDashboard(t)
	luis := register(t, b.pinned(), "luis_keys")
	register(t, b.pinned(), "ana_keys")
	ana := open(t, "Ana")
	ana.visit(b.page())
	ana.find("button", "Entrar")
	ana.tabsTo("Usuario")
	ana.types("ana_keys")
	ana.tabsTo("Contraseña")
	ana.types(testPassword)
	ana.key(kb.Enter)
	ana.isLive()
	ana.shows(10_000_00)

	ana.types("gs") // the shortcut
	ana.focusIsOn("^Enviar dinero$")
	ana.tabsTo("Para")
	ana.types("@luis_keys")
	ana.holds(`document.querySelector("[data-testid=payee-found]")`)
	ana.tabsTo("Monto")
	ana.types("321.5")
	ana.tabsTo("Concepto")
	ana.types("sin ratón")
	ana.key(kb.Enter)
	ana.focusIsOn("^Revisa antes de enviar$")
	ana.tabsTo(`Enviar \$321\.50`)
	ana.key(kb.Enter)
	ana.holds(outcomeState + ` === "done"`)
	ana.focusIsOn(`^Enviaste \$321\.50$`)
	ana.tabsTo("Ver comprobante")
	ana.key(kb.Enter)
	ana.focusIsOn(`^Enviaste \$321\.50$`)
	ana.sees("Comprobado en este navegador")
	if got := luis.balance(); got != 10_321_50 {
		t.Errorf("luis has %d", got)
	}

	// A dialog takes the focus, keeps it, and gives it back.
	ana.types("?")
	ana.holds(`document.querySelector("dialog[open]")?.contains(document.activeElement)`)
	for range 5 {
		ana.key(kb.Tab)
		if eval[bool](ana, `document.activeElement !== document.body && !document.querySelector("dialog[open]").contains(document.activeElement)`) {
			t.Error("the focus leaves an open dialog for the page behind it")
		}
	}
	ana.key(kb.Escape)
	ana.holds(`!document.querySelector("dialog[open]")`)

	// The first thing that the keyboard finds leads past the navigation.
	ana.reload()
	ana.isLive()
	ana.tabsTo("Saltar al contenido")
	ana.key(kb.Enter)
	ana.holds(`document.activeElement.id === "main"`)
}
