package e2e

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestAWindowNoticesWhatAPageComplainsOf: the other browser tests rely on silence, so this one makes noise of each kind.
func TestAWindowNoticesWhatAPageComplainsOf(t *testing.T) {
	w := open(t, "somebody")
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" && r.URL.Path != "/noise.js" {
			http.NotFound(out, r)
			return
		}
		out.Header().Set("Content-Security-Policy", "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'")
		if r.URL.Path == "/noise.js" {
			out.Header().Set("Content-Type", "text/javascript")
			_, _ = out.Write([]byte(noisyScript))
			return
		}
		out.Header().Set("Content-Type", "text/html")
		_, _ = out.Write([]byte(`<!doctype html><html lang="en"><title>t</title><body style="color:red"><p>text</p>
			<button>Covered</button><script src="/noise.js"></script>`))
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{chromium.certificate}, MinVersion: tls.VersionTLS13}
	server.StartTLS()
	t.Cleanup(server.Close)
	kinds := []string{
		"console.warning", "a stray error", "a lost promise", "policy violation: style-src-attr", "policy violation: require-trusted-types-for",
		"policy violation: img-src", "request refused: 404",
	}
	w.expect("") // everything
	w.visit(server.URL + "/")
	w.until("every kind of complaint has come", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return !slices.ContainsFunc(kinds, func(kind string) bool {
			return !slices.ContainsFunc(w.faults, func(fault string) bool { return strings.Contains(fault, kind) })
		})
	})
	found := w.find("button", "Covered")
	if err := found.press(); err != nil {
		t.Errorf("a free button: %v", err)
	}
	eval[any](w, `void Object.assign(document.body.appendChild(document.createElement("div")).style, {position: "fixed", inset: "0"})`)
	if err := found.press(); err == nil {
		t.Error("a covered button was clicked")
	}
}

const noisyScript = `
console.warn("hm");
setTimeout(() => { throw new Error("a stray error"); });
Promise.reject(new Error("a lost promise"));
try { document.body.insertAdjacentHTML("beforeend", "<b>x</b>"); } catch {}
const image = new Image(); image.src = "https://elsewhere.invalid/x.png";
fetch("/missing").catch(() => {});
`
