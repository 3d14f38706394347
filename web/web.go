package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
)

//go:embed dist/index.html
var page string

// policy is the page's Content-Security-Policy: nothing is loaded, run, framed or sent; its own style alone is applied, by
// its hash.
var policy = "default-src 'none'; style-src '" + styleHash(page) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at / and nothing else.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Type", "text/html; charset=utf-8")
		if r.Method != http.MethodHead {
			_, _ = w.Write([]byte(page)) // a browser that has gone needs no answer
		}
	})
}

// styleHash returns the CSP source of the page's one style element.
func styleHash(page string) string {
	_, after, opened := strings.Cut(page, "<style>")
	style, _, closed := strings.Cut(after, "</style>")
	if !opened || !closed {
		panic("web: the page has no style element")
	}
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
