package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "write a picture of every screen, in each of its looks, into this folder")

// look is how a screen is shown.
type look struct {
	language, light string
	device          device
}

// device is a size of window. A phone has a finger instead of a mouse.
type device struct {
	name          string
	width, height int64
	phone         bool
}

var (
	narrow  = device{"narrow", 320, 640, true}
	phone   = device{"phone", 390, 844, true}
	desktop = device{"desktop", 1280, 900, false}
)

// others are sizes at which nothing may scroll sideways either.
var others = []device{{"huge", 3840, 2160, false}, {"wide", 2560, 1440, false}, narrow}

// looks returns all eight; or of the n-th screen two in which each choice is made both ways.
func looks(all bool, n int) []look {
	var chosen []look
	for l, language := range []string{"es-MX", "en"} {
		for i, light := range []string{"light", "dark"} {
			for d, device := range []device{desktop, phone} {
				if all || i == (l+n)%2 && d == l {
					chosen = append(chosen, look{language, light, device})
				}
			}
		}
	}
	return chosen
}

// TestEveryScreenFitsAndIsAccessibleAndScreenshots goes through all screens, and makes the pictures that are asked for.
func TestEveryScreenFitsAndIsAccessibleAndScreenshots(t *testing.T) {
	t.Parallel()
	axe := string(must[[]byte](t)(os.ReadFile(filepath.Join(webLibraries(t), "axe-core", "axe.min.js"))))
	s := setStage(t)
	for n, screen := range screens {
		w := s.windows[screen.who]
		t.Run(screen.name, func(t *testing.T) {
			defer w.within(t)()
			w.look(look{"es-MX", "light", desktop})
			screen.open(s, w)
			for _, look := range looks(long || *screenshots != "", n) {
				w.look(look)
				w.fits(look)
				w.isAccessible(axe, look)
				if *screenshots != "" {
					w.picture(screen.name, look)
				}
			}
			for _, size := range others {
				w.look(look{"en", "light", size})
				w.fits(look{"en", "light", size})
			}
			w.look(look{"es-MX", "light", narrow})
			w.fits(look{"es-MX", "light", narrow})
		})
	}
}

// look shows the page so, and waits until nothing moves.
func (w *window) look(l look) {
	w.t.Helper()
	w.size(l.device)
	w.media("prefers-color-scheme", l.light, "prefers-reduced-motion", "reduce")
	name := map[string]string{"es-MX": "Español", "en": "English"}[l.language]
	eval[any](w, `void [...document.querySelectorAll("[role=radio]")].find((b) => b.textContent.trim() === `+quote(name)+` && b.ariaChecked !== "true")?.click()`)
	w.holds(`document.documentElement.lang === ` + quote(l.language) + ` || document.URL === "about:blank"`)
	w.settles()
}

func (w *window) size(d device) {
	w.t.Helper()
	if d.phone {
		w.run(chromedp.EmulateViewport(d.width, d.height, chromedp.EmulateMobile, chromedp.EmulateTouch))
	} else {
		w.run(chromedp.EmulateViewport(d.width, d.height))
	}
}

// settles waits until what moves has come to rest, but for what moves for ever.
func (w *window) settles() {
	w.t.Helper()
	w.holds(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(
		document.getAnimations().every((a) => a.playState === "finished" || a.effect.getComputedTiming().iterations === Infinity)))))`)
}

// fits fails where the page, or a dialog on it, scrolls sideways.
func (w *window) fits(l look) {
	w.t.Helper()
	// What draws itself anew at another size, such as a chart, has some frames to do so.
	wide := eval[[]string](w, `(async () => {
		const tooWide = () => [document.documentElement, ...document.querySelectorAll("dialog[open]")].filter((e) => e.scrollWidth > e.clientWidth);
		for (let frames = 0; frames < 60 && tooWide().length > 0; frames++) await new Promise(requestAnimationFrame);
		return tooWide().map((e) => e.tagName + " " + e.scrollWidth + " > " + e.clientWidth + ": " +
			[...e.querySelectorAll("*")].filter((c) => c.getBoundingClientRect().right > e.clientWidth + 0.5 && c.checkVisibility())
				.reverse().slice(0, 5).map((c) => c.tagName + "." + c.getAttribute("class")).join(", "));
	})()`)
	if len(wide) > 0 {
		w.t.Errorf("%s scrolls sideways: %s", l, strings.Join(wide, "; "))
	}
}

func (l look) String() string {
	return fmt.Sprintf("%s, %s, %d pixels wide", l.language, l.light, l.device.width)
}

// isAccessible fails for each rule of axe-core that the page breaks.
func (w *window) isAccessible(axe string, l look) {
	w.t.Helper()
	if !eval[bool](w, `typeof globalThis.axe === "object"`) {
		eval[any](w, "void (() => {"+axe+"\n})()")
	}
	type violation struct {
		ID    string   `json:"id"`
		Help  string   `json:"help"`
		Nodes []string `json:"nodes"`
	}
	for _, v := range eval[[]violation](w, `axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) => ({
		id: v.id, help: v.help, nodes: v.nodes.map((n) => n.target.join(" ") + " " + n.html.slice(0, 200) + " " + n.failureSummary),
	})))`) {
		w.t.Errorf("%s: %s (%s): %d times, first %s", l, v.ID, v.Help, len(v.Nodes), strings.Join(v.Nodes[:min(3, len(v.Nodes))], "\n\t"))
	}
}

func (w *window) picture(name string, l look) {
	w.t.Helper()
	picture, err := w.tryScreenshot()
	if err == nil {
		err = os.MkdirAll(*screenshots, 0o755)
	}
	if err == nil {
		file := strings.Join([]string{name, l.device.name, l.light, l.language[:2]}, "-") + ".png"
		err = os.WriteFile(filepath.Join(*screenshots, file), picture, 0o644)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}
