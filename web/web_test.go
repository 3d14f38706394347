package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// get asks the handler for path.
func get(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// reference finds what a page loads.
var reference = regexp.MustCompile(`(?:src|href)="([^"]+)"`)

func TestEveryPageLoadsOnlyWhatIsServedHere(t *testing.T) {
	d := New(true)
	for _, page := range []string{"/", "/demo"} {
		w := get(d, http.MethodGet, page)
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" || w.Header().Get("ETag") == "" {
			t.Fatalf("%s: %d %v", page, w.Code, w.Header())
		}
		found := reference.FindAllStringSubmatch(w.Body.String(), -1)
		if len(found) < 3 {
			t.Errorf("%s names %d files; a style, a script and an icon at least are expected", page, len(found))
		}
		for _, m := range found {
			asset := get(d, http.MethodGet, m[1])
			if asset.Code != http.StatusOK || !strings.Contains(asset.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s names %s: %d %q", page, m[1], asset.Code, asset.Header().Get("Cache-Control"))
			}
		}
		for _, inline := range []string{" style=", "<style", " onload=", "javascript:", "http://", "https://"} {
			if strings.Contains(w.Body.String(), inline) {
				t.Errorf("%s has %q, which its policy forbids", page, inline)
			}
		}
	}
}

func TestThePolicyAllowsNothingInlineAndNoOtherOrigin(t *testing.T) {
	for _, path := range []string{"/", "/nowhere"} {
		h := get(New(false), http.MethodGet, path).Header()
		csp := h.Get("Content-Security-Policy")
		for _, must := range []string{
			"default-src 'none'", "script-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
			"frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
		} {
			if !strings.Contains(csp, must) {
				t.Errorf("%s: the policy lacks %s: %s", path, must, csp)
			}
		}
		for _, mustNot := range []string{"unsafe", "http", "data:", "blob:", "*"} {
			if strings.Contains(csp, mustNot) {
				t.Errorf("%s: the policy has %s: %s", path, mustNot, csp)
			}
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestTheDemoPageIsThereOnlyInADemo(t *testing.T) {
	if w := get(New(false), http.MethodGet, "/demo"); w.Code != http.StatusNotFound {
		t.Errorf("got %d", w.Code)
	}
	if w := get(New(false), http.MethodGet, "/demo.html"); w.Code != http.StatusNotFound {
		t.Errorf("got %d", w.Code)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	for _, path := range []string{"/index.html", "/assets/", "/assets/../index.html", "/assets/none.js", "/package.json", "//"} {
		if w := get(New(true), http.MethodGet, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestAnAnswerIsZippedForWhoeverReadsThatAndNotSentTwice(t *testing.T) {
	content := []byte(strings.Repeat("flow ", 1000))
	d, err := Open(fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html>")}, "assets/a-1.js": {Data: content}, "notes.bin": {Data: content},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	zipped := get(d, http.MethodGet, "/assets/a-1.js", "Accept-Encoding", "br, gzip")
	if zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("%v", zipped.Header())
	}
	r, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Errorf("unzipped %d bytes, %v", len(got), err)
	}
	plain := get(d, http.MethodGet, "/assets/a-1.js")
	if plain.Header().Get("Content-Encoding") != "" || !bytes.Equal(plain.Body.Bytes(), content) {
		t.Errorf("%v", plain.Header())
	}
	head := get(d, http.MethodHead, "/assets/a-1.js")
	if head.Body.Len() != 0 || head.Header().Get("Content-Length") != "5000" {
		t.Errorf("HEAD: %d bytes, %v", head.Body.Len(), head.Header())
	}
	known := get(d, http.MethodGet, "/assets/a-1.js", "If-None-Match", plain.Header().Get("ETag"))
	if known.Code != http.StatusNotModified || known.Body.Len() != 0 {
		t.Errorf("known: %d, %d bytes", known.Code, known.Body.Len())
	}
	if w := get(d, http.MethodGet, "/notes.bin"); w.Code != http.StatusNotFound {
		t.Errorf("a file of no known type is served: %d", w.Code)
	}
}

func TestAFolderWithoutAPageIsNoDashboard(t *testing.T) {
	if _, err := Open(fstest.MapFS{"assets/a.js": {Data: []byte("1")}}, false); err == nil {
		t.Error("opened")
	}
	if _, err := Open(failingFS{}, false); err == nil {
		t.Error("opened what cannot be read")
	}
}

type failingFS struct{}

func (failingFS) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

// scriptBytesMax is the budget of a page's JavaScript as it goes over the wire, without what is loaded only when needed.
const scriptBytesMax = 60_000

func TestTheScriptsOfAPageStayWithinTheirBudget(t *testing.T) {
	d := New(true)
	for _, page := range []string{"/", "/demo"} {
		total := 0
		for _, m := range reference.FindAllStringSubmatch(get(d, http.MethodGet, page).Body.String(), -1) {
			if strings.HasSuffix(m[1], ".js") {
				total += get(d, http.MethodGet, m[1], "Accept-Encoding", "gzip").Body.Len()
			}
		}
		t.Logf("%s: %d bytes of JavaScript, gzip", page, total)
		if total == 0 || total > scriptBytesMax {
			t.Errorf("%s loads %d bytes of JavaScript, gzip; at most %d", page, total, scriptBytesMax)
		}
	}
}
