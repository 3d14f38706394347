package e2e

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestThePagesAndAllThatTheyLoadAreServedUnderOnePolicy asks as a browser does, over the bank's own TLS.
func TestThePagesAndAllThatTheyLoadAreServedUnderOnePolicy(t *testing.T) {
	b := startDashboard(t)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: anyTLS()}}
	t.Cleanup(client.CloseIdleConnections)
	get := func(path string) (*http.Response, string) {
		t.Helper()
		response := must[*http.Response](t)(client.Get("https://" + b.listen + path))
		defer response.Body.Close()
		return response, string(must[[]byte](t)(io.ReadAll(response.Body)))
	}
	paths := map[string]bool{"/": true, "/demo": true}
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"|(?:from|import)\s*\(?"(\./[^"]*)"`)
	for range 4 { // pages, entries, chunks, and chunks of chunks
		for path := range paths {
			_, body := get(path)
			for _, link := range links.FindAllStringSubmatch(body, -1) {
				if strings.HasPrefix(link[1], "/") {
					paths[link[1]] = true
				} else if link[2] != "" {
					paths["/assets/"+strings.TrimPrefix(link[2], "./")] = true
				}
			}
		}
	}
	if len(paths) < 7 { // two pages, each with a script, the style, the icon and a view
		t.Errorf("the pages load only %v", paths)
	}
	types := map[string]string{"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
	for path := range paths {
		response, body := get(path)
		want := map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
				"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		}
		if extension, ok := strings.CutPrefix(path, "/assets/"); ok {
			want["Content-Type"] = types[extension[strings.LastIndex(extension, ".")+1:]]
			want["Cache-Control"] = "public, max-age=31536000, immutable"
		} else {
			want["Content-Type"] = "text/html; charset=utf-8"
			want["Cache-Control"] = "no-cache"
		}
		if response.StatusCode != http.StatusOK || body == "" {
			t.Errorf("%s: %s, %d bytes", path, response.Status, len(body))
		}
		for name, value := range want {
			if got := response.Header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
		for _, name := range []string{"Set-Cookie", "Access-Control-Allow-Origin", "Server", "X-Powered-By"} {
			if got := response.Header.Get(name); got != "" {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}
