package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestJSONIsOneLineAndHarmless(t *testing.T) {
	hostile := "a\x1b[2J\u009b\u202eb\x00\n\"<&> ñ 😀 \U000e0041\u2028"
	line, err := encode(map[string]any{"memo": hostile, "list": []int{1, 2}, "empty": []int{}, "none": map[string]int{}})
	if err != nil {
		t.Fatal(err)
	}
	text := string(line)
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Errorf("not one line: %q", text)
	}
	if visible(strings.TrimSuffix(text, "\n")) != strings.TrimSuffix(text, "\n") {
		t.Errorf("not harmless: %q", text)
	}
	if !strings.Contains(text, `"list": [1, 2]`) || !strings.Contains(text, "ñ") {
		t.Errorf("not readable: %s", text)
	}
	var back map[string]any
	if err := json.Unmarshal(line, &back); err != nil || back["memo"] != hostile {
		t.Errorf("does not come back: %v, %q", err, back["memo"])
	}
}

func TestTextThatComesFromOutsideIsMadeVisible(t *testing.T) {
	p := &page{}
	p.line("%s %v %q", "a\x1b[31m", errors.New("b\u202e"), "c\n")
	p.table([]column{{"name", false}, {"n", true}}, [][]string{{"日本\x07", "1"}, {"x", "100"}})
	want := "a\\x1b[31m b\\u202e \"c\\\\x0a\"\nname        n\n日本\\x07    1\nx         100\n"
	if got := p.buf.String(); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestAFailureSaysWhatHappenedAndWhatToTry(t *testing.T) {
	f := failed(codeOutcomeUnknown, "whether \x1b").trying("first", "second")
	f.idempotencyKey, f.retryable = "0198", true
	var stdout, stderr bytes.Buffer
	report(f, false, &stdout, &stderr)
	if want := "caudal: whether \\x1b\n  try: first\n       second\n"; stderr.String() != want || stdout.Len() != 0 {
		t.Errorf("text: %q, %q", stderr.String(), stdout.String())
	}
	stderr.Reset()
	report(f, true, &stdout, &stderr)
	want := `{"error": {"code": "outcome_unknown", "message": "whether \u001b", "retryable": true, "idempotency_key": "0198"}}` + "\n"
	if stdout.String() != want || stderr.Len() != 0 {
		t.Errorf("json: %q, want %q", stdout.String(), want)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b\u202e\xff\U0010ffff,\n")
	f.Fuzz(func(t *testing.T, s string) {
		line, err := encode(map[string]string{"s": s})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if want := string([]rune(s)); json.Unmarshal(line, &back) != nil || back["s"] != want {
			t.Fatalf("%q comes back as %q", line, back["s"])
		}
		for _, b := range line[:len(line)-1] {
			if b < 0x20 || b == 0x7f {
				t.Fatalf("%q has a control character", line)
			}
		}
	})
}
