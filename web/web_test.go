package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestThePageIsServedUnderAPolicyThatAllowsItsStyleAlone(t *testing.T) {
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	csp := w.Header().Get("Content-Security-Policy")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<h1>Caudal</h1>") {
		t.Errorf("got %d: %s", w.Code, w.Body)
	}
	if !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	for _, attribute := range []string{" style=", " onload=", "<script", "http://", "https://", "src="} {
		if strings.Contains(page, attribute) {
			t.Errorf("the page has %q, which its policy forbids", attribute)
		}
	}
}
