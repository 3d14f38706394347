package e2e

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestALoadTestThatIsEndedEarlySaysWhatCameOfIt has a person look at the panel, and lose patience.
func TestALoadTestThatIsEndedEarlySaysWhatCameOfIt(t *testing.T) {
	b := startBank(t)
	env := []string{
		"CAUDAL_SERVER=" + b.url(), "CAUDAL_IDENTITY=" + b.identity.String(), "CAUDAL_HOME=" + filepath.Join(t.TempDir(), "home"),
	}
	s := sit(t, env, "bench", "transfer", "--conns", "4", "--in-flight", "2", "--warmup", "0s", "--duration", "30m", "--threshold", "errors==0")
	s.waitFor("preparing users: 4 of 4, 4 of them new")
	s.waitFor("made 4 users")
	s.waitFor("4 of 4") // connections
	s.waitFor("p50 ")
	s.types("\x03") // Ctrl-C
	s.exits(1)
	text := s.text()
	summary := text[strings.LastIndex(text, "transfer, closed model"):]
	for _, want := range []string{"transfers a second", "money", "ok: 40,000.00 in 4 accounts", "errors==0: met", "interrupted"} {
		if !strings.Contains(summary, want) {
			t.Errorf("%q is not in\n%s", want, summary)
		}
	}
	if n := strings.Count(summary, "measuring"); n != 0 {
		t.Errorf("the panel is drawn %d times after the end", n)
	}
	sendSignal(t, b.process.Process, syscall.SIGTERM)
	if code := b.waitExit(); code != 0 {
		t.Errorf("the bank ends with %d", code)
	}
	b.verify()
}
