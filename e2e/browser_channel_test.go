package e2e

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// webLibraries returns the folder of the dashboard's libraries, which only building it needs.
func webLibraries(t testing.TB) string {
	t.Helper()
	folder := filepath.Join("..", "web", "node_modules")
	if _, err := os.Stat(filepath.Join(folder, "axe-core")); err != nil {
		t.Skip("the dashboard's libraries are not installed (npm ci --prefix web)")
	}
	return folder
}

// TestTheChannelInABrowserMeetsTheVectors runs web/test/browser/channel.ts in Chromium: the vectors of both makers, the
// certificates, 70,000 records each way across a change of keys, with ML-KEM by WebCrypto and by the library.
func TestTheChannelInABrowserMeetsTheVectors(t *testing.T) {
	webLibraries(t)
	folder := t.TempDir()
	build := exec.Command("go", "run", "./web/build", "-browser", folder)
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("bundling the test page: %v\n%s", err, out)
	}
	w := open(t, "a page with the channel")
	files := map[string]string{
		"/channel.js":                filepath.Join(folder, "channel.js"),
		"/vectors.json":              "../cipher/testdata/vectors.json",
		"/vectors-typescript.json":   "../cipher/testdata/vectors-typescript.json",
		"/channel-certificates.json": "../certs/testdata/channel-certificates.json",
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if name, ok := files[r.URL.Path]; ok {
			http.ServeFile(out, r, name)
			return
		}
		out.Header().Set("Content-Type", "text/html")
		_, _ = out.Write([]byte(`<!doctype html><html lang="en"><title>channel</title><link rel="icon" href="data:,">` +
			`<script type="module" src="/channel.js"></script>`)) // a browser that has gone needs no page
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{chromium.certificate}, MinVersion: tls.VersionTLS13}
	server.StartTLS()
	t.Cleanup(server.Close)
	w.visit(server.URL + "/")
	type result struct {
		Checked     int                `json:"checked"`
		Failures    []string           `json:"failures"`
		MLKEM       string             `json:"mlkem"`
		Rekeys      int                `json:"rekeys"`
		HandshakeMs map[string]float64 `json:"handshakeMs"`
		SealUs      float64            `json:"sealUsPerRecord"`
		OpenUs      float64            `json:"openUsPerRecord"`
	}
	w.holds(`globalThis.channelResult`)
	got := eval[result](w, `globalThis.channelResult`)
	for i, failure := range got.Failures {
		if i == 20 {
			t.Errorf("and %d more", len(got.Failures)-i)
			break
		}
		t.Error(failure)
	}
	if got.Checked < 140_000 || got.Rekeys < 2 {
		t.Errorf("%d checks and %d changes of keys are too few", got.Checked, got.Rekeys)
	}
	if got.MLKEM != "webcrypto" {
		t.Errorf("Chromium computes ML-KEM by %s", got.MLKEM)
	}
	t.Logf("handshake (ms): %v; a record of 200 bytes: seal %.1f us, open %.1f us", got.HandshakeMs, got.SealUs, got.OpenUs)
}
