package e2e

import "testing"

// shiftMax is the cumulative layout shift that is called good (web.dev, Core Web Vitals).
const shiftMax = 0.1

// TestNothingJumpsWhileAPageLoads adds up what the browser calls layout shifts, from the first byte until all is live: a
// form that moves while somebody aims at it is a form that they miss.
func TestNothingJumpsWhileAPageLoads(t *testing.T) {
	t.Parallel()
	b := startDashboard(t)
	ana := open(t, "Ana")
	shifted := func(path string) {
		t.Helper()
		ana.settles()
		type shift struct {
			Sum  float64 `json:"sum"`
			What string  `json:"what"`
		}
		got := eval[shift](ana, `new Promise((done) => {
			const observer = new PerformanceObserver((list) => report(list.getEntries()));
			const report = (entries) => done({
				sum: entries.filter((e) => !e.hadRecentInput).reduce((sum, e) => sum + e.value, 0),
				what: entries.flatMap((e) => e.sources.map((s) => (s.node?.className || s.node?.nodeName) + " " +
					Math.round(s.previousRect.y) + " to " + Math.round(s.currentRect.y))).join(", "),
			});
			observer.observe({ type: "layout-shift", buffered: true });
			requestAnimationFrame(() => requestAnimationFrame(() => report(observer.takeRecords())));
		})`)
		t.Logf("%s: first contentful paint after %.0f ms", path,
			eval[float64](ana, `performance.getEntriesByName("first-contentful-paint")[0].startTime`))
		if got.Sum > shiftMax {
			t.Errorf("%s at %d pixels shifts by %.3f: %s", path, eval[int](ana, "innerWidth"), got.Sum, got.What)
		}
	}
	for _, size := range []device{desktop, phone} {
		ana.size(size)
		ana.visit("about:blank") // the next address is another page, and not a place within this one
		ana.visit(b.page() + "#/register")
		ana.sees("Huella del banco: [A-Z2-7]{5}")
		shifted("#/register")
	}
	ana.registers(b.page(), "ana_shift", "Ana Torres")
	for _, size := range []device{desktop, phone} {
		ana.size(size)
		for path, there := range map[string]string{"#/": "Saldo en el tiempo", "#/movements": "Welcome to the demo"} {
			ana.visit("about:blank")
			ana.visit(b.page() + path)
			ana.isLive()
			ana.sees(there)
			shifted(path)
		}
	}
}
