package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestTheTypeScriptClientInABrowser runs web/test/browser/client.ts in Chromium against a bank: what it keeps in IndexedDB
// outlives the page, and an order whose page died is carried out by the next one.
func TestTheTypeScriptClientInABrowser(t *testing.T) {
	webLibraries(t)
	folder := t.TempDir()
	build := exec.Command("go", "run", "./web/build", "-browser", filepath.Join(folder, "assets"))
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("bundling the test page: %v\n%s", err, out)
	}
	page := `<!doctype html><html lang="en"><title>client</title><script type="module" src="/assets/client.js"></script>`
	if err := os.WriteFile(filepath.Join(folder, "index.html"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CAUDAL_TEST_WEB", folder)
	b := startDashboard(t)
	w := open(t, "a page with the client")
	w.expect(`favicon`)
	for _, part := range []string{"first", "second"} {
		w.visit(b.page())
		w.holds(`globalThis.clientTest`)
		for _, failure := range eval[[]string](w, `clientTest.`+part+`()`) {
			t.Errorf("%s: %s", part, failure)
		}
	}
}
