package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// element is something on the page as assistive technology knows it.
type element struct {
	w        *window
	node     cdp.BackendNodeID
	name     string
	disabled bool
	focused  bool
}

// candidates returns what has the role and a name that matches the pattern as a whole.
func (w *window) candidates(role, pattern string) ([]element, error) {
	expression, err := regexp.Compile(`^(?:` + pattern + `)$`)
	if err != nil {
		return nil, err
	}
	ctx, cancel := w.limited()
	defer cancel()
	var found []element
	err = chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		root, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
		if err != nil {
			return err
		}
		tree, err := cdp.Call(ctx, target, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: root.Result.ObjectID, Role: role})
		if err != nil {
			return err
		}
		for _, node := range tree.Nodes {
			if node.Ignored || node.BackendDOMNodeID == 0 {
				continue
			}
			var name string
			if node.Name != nil {
				_ = json.Unmarshal(node.Name.Value, &name) // what is no string has no name
			}
			name = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(name)
			if expression.MatchString(name) {
				e := element{w: w, node: node.BackendDOMNodeID, name: name}
				for _, property := range node.Properties {
					yes := string(property.Value.Value) == "true"
					switch property.Name {
					case accessibility.PropertyNameDisabled:
						e.disabled = yes
					case accessibility.PropertyNameFocused:
						e.focused = yes
					}
				}
				found = append(found, e)
			}
		}
		return nil
	}))
	return found, err
}

// find waits for the one element with the role and the name.
func (w *window) find(role, pattern string) element {
	w.t.Helper()
	var found []element
	w.until(fmt.Sprintf("there is one %s %q", role, pattern), func() bool {
		found, _ = w.candidates(role, pattern) // a page that loads has nothing yet
		return len(found) == 1
	})
	return found[0]
}

// absent waits until nothing has the role and the name.
func (w *window) absent(role, pattern string) {
	w.t.Helper()
	w.until(fmt.Sprintf("there is no %s %q", role, pattern), func() bool {
		found, err := w.candidates(role, pattern)
		return err == nil && len(found) == 0
	})
}

// click presses the primary button on the one element with the role and the name, where a hand could: it stands still,
// is not disabled, and nothing covers it.
func (w *window) click(role, pattern string) {
	w.t.Helper()
	var why string
	defer func() {
		if why != "" {
			w.t.Logf("%s cannot click %s %q: %s", w.name, role, pattern, why)
		}
	}()
	w.until(fmt.Sprintf("%s %q can be clicked", role, pattern), func() bool {
		found, err := w.candidates(role, pattern)
		switch {
		case err != nil:
			why = err.Error()
		case len(found) != 1:
			why = fmt.Sprintf("there are %d", len(found))
		case found[0].disabled:
			why = "it is disabled"
		default:
			if err = found[0].press(); err == nil {
				why = ""
				return true
			}
			why = err.Error()
		}
		return false
	})
}

// press clicks the middle of the element, or says what is in the way.
func (e element) press() error {
	ctx, cancel := e.w.limited()
	defer cancel()
	return chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if err := call(ctx, target, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: e.node})(); err != nil {
			return err
		}
		resolved, err := cdp.Call(ctx, target, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: e.node})
		if err != nil {
			return err
		}
		yes := true
		at, err := cdp.Call(ctx, target, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
			ObjectID: resolved.Object.ObjectID, FunctionDeclaration: middleScript, AwaitPromise: &yes, ReturnByValue: &yes,
		})
		if err != nil {
			return err
		}
		var middle *struct{ X, Y float64 }
		if err := json.Unmarshal(at.Result.Value, &middle); err != nil {
			return err
		}
		if middle == nil {
			return fmt.Errorf("%q moves, or is covered", e.name)
		}
		_, err = chromedp.MouseClickXY(middle.X, middle.Y)(ctx, target)
		return err
	}))
}

// middleScript returns where a click hits this element, or null while it moves or something covers it.
const middleScript = `async function () {
	const frame = () => new Promise((done) => requestAnimationFrame(done));
	const before = this.getBoundingClientRect();
	await frame();
	const r = this.getBoundingClientRect();
	if (r.x !== before.x || r.y !== before.y || r.width === 0 || r.height === 0) return null;
	const x = r.x + r.width / 2, y = r.y + r.height / 2;
	const hit = document.elementFromPoint(x, y);
	const label = this.labels?.[0];
	return hit && (this.contains(hit) || hit.contains(this) && hit.closest("label") || label?.contains(hit)) ? { X: x, Y: y } : null;
}`

// fill clicks a field, empties it and types the text. A click that a moving page has dodged is made again.
func (w *window) fill(role, pattern, text string) {
	w.t.Helper()
	w.until(fmt.Sprintf("%s %q has the focus", role, pattern), func() bool {
		w.click(role, pattern)
		return w.find(role, pattern).focused
	})
	w.run(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.run(chromedp.KeyEvent(kb.Delete))
	w.types(text)
}

// types presses the keys of a text, into whatever has the focus.
func (w *window) types(text string) {
	w.t.Helper()
	w.run(chromedp.KeyEvent(text))
}
