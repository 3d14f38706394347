package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/audits"
	devbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	devpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// pagePatience bounds every wait for a page: far beyond what a loaded machine needs.
var pagePatience = time.Minute

// window is someone in front of a page, with a browser profile that shares nothing with anybody else's. What the page
// complains of (console, exceptions, content policy, requests that fail) fails the test, unless the test says beforehand
// that it must come.
type window struct {
	t    testing.TB
	name string
	ctx  context.Context

	front context.Context // another tab, that can stand in front of the page

	mu       sync.Mutex
	faults   []string
	expected []*regexp.Regexp
}

// Complaints that a page cannot keep from a browser's console when its network goes away.
var networkTrouble = []string{`WebSocket connection to 'wss://.*' failed`, `net::ERR_`}

// open gives somebody a browser window with nothing in it: a phone's or a desktop's size comes from resize.
func open(t testing.TB, name string) *window {
	t.Helper()
	root := chromium.running(t)
	w := &window{t: t, name: name}
	ctx, cancel := chromedp.NewContext(root, chromedp.WithNewBrowserContext(), chromedp.WithListener(w.listen))
	w.ctx = ctx
	t.Cleanup(func() {
		if t.Failed() {
			w.show()
		}
		cancel()
		w.judge()
	})
	w.do(func(ctx context.Context, target *chromedp.Target) error {
		for _, enable := range []func() error{
			call(ctx, target, audits.Enable, cdp.Empty{}),
			call(ctx, target, accessibility.Enable, cdp.Empty{}),
			call(ctx, target, runtime.AddBinding, runtime.AddBindingParams{Name: violationBinding}),
			call(ctx, target, devpage.AddScriptToEvaluateOnNewDocument, devpage.AddScriptToEvaluateOnNewDocumentParams{Source: violationScript}),
			// Several windows are looked at here at once, each by somebody else.
			call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
			call(ctx, target, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/Mexico_City"}),
			call(ctx, target, devbrowser.SetDownloadBehavior, devbrowser.SetDownloadBehaviorParams{
				Behavior: devbrowser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
			}),
		} {
			if err := enable(); err != nil {
				return err
			}
		}
		return nil
	})
	w.resize(1280, 900)
	return w
}

// within lends the window to a subtest, which fails for what goes wrong meanwhile. The function gives it back.
func (w *window) within(t testing.TB) func() {
	whole := w.t
	w.t = t
	return func() { w.t = whole }
}

// call makes a command without a result of interest into a function.
func call[P, R any](ctx context.Context, target *chromedp.Target, command cdp.Command[P, R], params P) func() error {
	return func() error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	}
}

// show leaves what the person saw last in the log of a test that failed, and as a picture where CAUDAL_TEST_PICTURES names
// a folder.
func (w *window) show() {
	text, err := tryEval[string](w, `location.hash + " | " + document.title + " | " + `+textScript)
	if err != nil {
		w.t.Logf("%s's page does not answer: %v", w.name, err)
		return
	}
	w.t.Logf("%s sees:\n%s", w.name, text)
	if folder := os.Getenv("CAUDAL_TEST_PICTURES"); folder != "" {
		name := strings.NewReplacer("/", "_", " ", "_").Replace(w.t.Name()) + "-" + w.name + ".png"
		if picture, err := w.tryScreenshot(); err == nil {
			_ = os.WriteFile(filepath.Join(folder, name), picture, 0o600) // the test has failed already
		}
	}
}

// limited is the person's context with a bound for one action.
func (w *window) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(w.ctx, pagePatience)
}

func (w *window) do(action func(context.Context, *chromedp.Target) error) {
	w.t.Helper()
	// The first action of a context makes the window, which lives as long as the context it is made with.
	if err := chromedp.Do(w.ctx); err != nil {
		w.t.Fatalf("%s: %v", w.name, err)
	}
	ctx, cancel := w.limited()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Func(action)); err != nil {
		w.t.Fatalf("%s: %v", w.name, err)
	}
}

// run runs a ready-made action.
func (w *window) run(action chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	w.do(func(ctx context.Context, target *chromedp.Target) error {
		_, err := action(ctx, target)
		return err
	})
}

// visit loads an address from the network. An address that differs in its hash alone moves within the page.
func (w *window) visit(address string) {
	w.t.Helper()
	w.run(chromedp.Navigate(address))
}

// reload loads the page again as the reload button does.
func (w *window) reload() {
	w.t.Helper()
	w.run(chromedp.Reload())
}

// reloadsInVain loads the page again where there is nothing to load it from.
func (w *window) reloadsInVain() {
	w.t.Helper()
	ctx, cancel := w.limited()
	defer cancel()
	_ = chromedp.Do(ctx, chromedp.Reload()) // the browser's own page about what went wrong
	w.holds(`location.protocol === "chrome-error:"`)
}

// route moves within the page, as a bookmark of the route would.
func (w *window) route(path string) {
	w.t.Helper()
	w.do(func(ctx context.Context, target *chromedp.Target) error {
		gesture := true // what the page does by itself, the back button would skip
		return call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: `location.hash = ` + quote(path), UserGesture: &gesture})()
	})
}

func (w *window) resize(width, height int64) {
	w.t.Helper()
	w.run(chromedp.EmulateViewport(width, height))
}

// media sets media features, such as prefers-color-scheme to dark.
func (w *window) media(features ...string) {
	w.t.Helper()
	params := emulation.SetEmulatedMediaParams{}
	for i := 0; i+1 < len(features); i += 2 {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	w.do(func(ctx context.Context, target *chromedp.Target) error {
		return call(ctx, target, emulation.SetEmulatedMedia, params)()
	})
}

func quote(text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string is always JSON
	}
	return string(literal)
}

// tryEval evaluates an expression in the page, waiting for a promise.
func tryEval[T any](w *window, expression string) (T, error) {
	ctx, cancel := w.limited()
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

func eval[T any](w *window, expression string) T {
	w.t.Helper()
	value, err := tryEval[T](w, expression)
	if err != nil {
		w.t.Fatalf("%s: %s: %v", w.name, expression, err)
	}
	return value
}

// until polls until the condition holds.
func (w *window) until(what string, condition func() bool) {
	w.t.Helper()
	deadline := time.After(pagePatience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			w.t.Fatalf("%s waited %v in vain until %s", w.name, pagePatience, what)
		case <-w.ctx.Done():
			w.t.Fatalf("%s's browser has gone: %v", w.name, context.Cause(w.ctx))
		case <-tick.C:
		}
	}
}

// holds polls until an expression is true in the page. While a page loads, it is not.
func (w *window) holds(expression string) {
	w.t.Helper()
	w.until(expression, func() bool {
		yes, err := tryEval[bool](w, `!!(`+expression+`)`)
		return err == nil && yes
	})
}

// text is what assistive technology reads on the page, in one line: without what is hidden, and without the digits that
// only roll past.
func (w *window) text() string {
	text, err := tryEval[string](w, textScript)
	if err != nil {
		return "" // a page that loads says nothing yet
	}
	return text
}

const textScript = `(() => {
	const texts = [];
	const walk = (element) => {
		for (const node of element.childNodes) {
			if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
			else if (node.nodeType === Node.ELEMENT_NODE && node.ariaHidden !== "true") {
				const { display } = getComputedStyle(node);
				if (display !== "contents" && !node.checkVisibility({ visibilityProperty: true })) continue;
				const inline = display === "inline";
				if (!inline) texts.push(" ");
				walk(node);
				if (!inline) texts.push(" ");
			}
		}
	};
	if (document.body) walk(document.body);
	return texts.join("").replace(/\s+/g, " ").trim();
})()`

// sees waits until the page's text matches the pattern, and returns what the first group has matched, or all.
func (w *window) sees(pattern string) string {
	w.t.Helper()
	expression := regexp.MustCompile(pattern)
	var found []string
	w.until("the page shows "+pattern, func() bool {
		found = expression.FindStringSubmatch(w.text())
		return found != nil
	})
	return found[min(1, len(found)-1)]
}

func (w *window) tryScreenshot() ([]byte, error) {
	ctx, cancel := w.limited()
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// seen is a value that a page showed from a moment on, in milliseconds of the page's clock (Date.now).
type seen struct {
	AtMs  float64 `json:"at"`
	Value string  `json:"value"`
}

// watch has the page note each value that an expression of type string takes from now on; watched returns them in order.
// A page that loads anew forgets it.
func (w *window) watch(name, expression string) {
	w.t.Helper()
	eval[any](w, `void (() => {
		const seen = ((globalThis.caudalWatched ??= {})[`+quote(name)+`] = []);
		const look = () => {
			const value = String(`+expression+`);
			if (seen.at(-1)?.value !== value) seen.push({ at: Date.now(), value });
		};
		new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
		look();
	})()`)
}

func (w *window) watched(name string) []seen {
	w.t.Helper()
	return eval[[]seen](w, `globalThis.caudalWatched[`+quote(name)+`]`)
}

// nowMs is the page's clock.
func (w *window) nowMs() float64 {
	w.t.Helper()
	return eval[float64](w, `Date.now()`)
}

// looksElsewhere opens another tab in front of the page, which is hidden then.
func (w *window) looksElsewhere() {
	w.t.Helper()
	if w.front == nil {
		var cancel context.CancelFunc
		w.front, cancel = chromedp.NewContext(w.ctx, chromedp.WithNewWindow(false))
		w.t.Cleanup(cancel)
		if err := chromedp.Do(w.front); err != nil {
			w.t.Fatal(err)
		}
	}
	w.focused(false)
	w.activate(w.front)
	w.holds(`document.visibilityState === "hidden"`)
}

// looksHere brings the page to the front again.
func (w *window) looksHere() {
	w.t.Helper()
	w.activate(w.ctx)
	w.focused(true)
	w.holds(`document.visibilityState === "visible"`)
}

// focused says whether the page takes itself for the one that has the keyboard, wherever its window is.
func (w *window) focused(yes bool) {
	w.t.Helper()
	w.do(func(ctx context.Context, target *chromedp.Target) error {
		return call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: yes})()
	})
}

func (w *window) activate(tab context.Context) {
	w.t.Helper()
	id := chromedp.FromContext(tab).Target.TargetID
	w.do(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, target.ActivateTarget, target.ActivateTargetParams{TargetID: id})
		return err
	})
}
