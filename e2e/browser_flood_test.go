package e2e

import (
	"context"
	"testing"
	"time"
)

// countScript counts what the page does from now on: frames, and the times that its content changed. A change that is drawn
// once a frame counts once a frame, however many events it is made of.
const countScript = `void (() => {
	const counted = (globalThis.caudalCounted = { frames: 0, renders: 0, longTasks: 0, longestMs: 0, rowsMost: 0, elementsMost: 0 });
	const frame = () => {
		counted.frames++;
		counted.rowsMost = Math.max(counted.rowsMost, document.querySelectorAll(".mov-row").length);
		counted.elementsMost = Math.max(counted.elementsMost, document.querySelectorAll("*").length);
		requestAnimationFrame(frame);
	};
	requestAnimationFrame(frame);
	new MutationObserver(() => counted.renders++).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
	new PerformanceObserver((list) => {
		for (const task of list.getEntries()) {
			counted.longTasks++;
			counted.longestMs = Math.max(counted.longestMs, task.duration);
		}
	}).observe({ type: "longtask" });
})()`

type counts struct {
	Frames       int     `json:"frames"`
	Renders      int     `json:"renders"`
	LongTasks    int     `json:"longTasks"`
	LongestMs    float64 `json:"longestMs"`
	RowsMost     int     `json:"rowsMost"`
	ElementsMost int     `json:"elementsMost"`
}

// TestAThousandPaymentsASecondLeaveThePageExactAndAnswering pays one account as fast as a busy shop is never paid, while the
// page shows it. How smooth that is, is logged, from the browser's own trace: it depends on the machine. What must hold on
// any machine: it draws by the frame and not by the event, it answers the person in between, what it keeps is bounded, and the last
// figure is the ledger's.
func TestAThousandPaymentsASecondLeaveThePageExactAndAnswering(t *testing.T) {
	const perSecond = 1000
	during := 2 * time.Second
	if long {
		during = 15 * time.Second
	}
	b := startDashboard(t)
	ana := open(t, "Ana")
	ana.registers(b.page(), "ana_flood", "Ana Torres")
	witness := b.account(t, "ana_flood", testPassword)
	shoppers := gather(t, b, 4, witness.account)
	for _, place := range []struct{ name, path, elsewhere, here string }{
		{"balance", "/", "Seguridad", "Cuentas"},
		{"movements", "/movements", "Seguridad", "Movimientos"},
	} {
		t.Run(place.name, func(t *testing.T) {
			defer ana.within(t)()
			ana.route(place.path)
			ana.sees("El banco|gota")
			eval[any](ana, countScript)
			before := shoppers.paid.Load()
			var reached float64
			var sum counts
			traced := ana.traced(func() {
				ctx, stop := context.WithCancel(testContext(t))
				done := make(chan struct{})
				go func() {
					defer close(done)
					reached = shoppers.pay(ctx, perSecond)
				}()
				start := time.Now()
				eventually(t, "the flood is on", func() bool { return shoppers.paid.Load() > before+100 })
				// A person goes elsewhere and back, while it rains.
				asked := time.Now()
				ana.click("link", place.elsewhere)
				ana.find("heading", place.elsewhere+".*")
				ana.click("link", place.here)
				ana.holds(`document.querySelectorAll(".mov-row").length > 0`)
				t.Logf("there and back took %v in the flood", time.Since(asked).Round(time.Millisecond))
				eventually(t, "it has rained long enough", func() bool { return time.Since(start) > during })
				sum = eval[counts](ana, `globalThis.caudalCounted`)
				stop()
				<-done
			})
			paid := shoppers.paid.Load() - before
			t.Logf("%d payments, %.0f a second; %v", paid, reached, traced)
			t.Logf("%+v", sum)
			if reached < perSecond/10 {
				t.Fatalf("%.0f payments a second are no flood: this machine cannot make the test", reached)
			}
			if len(traced.frames) == 0 || len(traced.tasks) == 0 {
				t.Errorf("the browser traced nothing: %v", traced)
			}
			// What a frame draws, and what that has drawn after it, such as a chart; a change of place, a toast and a clock
			// come on top. Events are many more.
			if most := 2*sum.Frames + 60; sum.Renders > most {
				t.Errorf("the page drew %d times in %d frames", sum.Renders, sum.Frames)
			}
			if sum.RowsMost > 2_000 || sum.ElementsMost > 50_000 {
				t.Errorf("the page grew to %d rows and %d elements", sum.RowsMost, sum.ElementsMost)
			}
			if place.path == "/" {
				ana.shows(witness.balance())
			}
		})
	}
	ana.route("/")
	ana.shows(10_000_00 + shoppers.paid.Load())
	if got := witness.balance(); got != 10_000_00+shoppers.paid.Load() {
		t.Errorf("the ledger says %d after %d payments", got, shoppers.paid.Load())
	}
	ana.reload()
	ana.shows(10_000_00 + shoppers.paid.Load())
	b.verify()
}
