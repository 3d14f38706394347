package protocol

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestTheDocumentListsEveryCode(t *testing.T) {
	text, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for number := range Code_name {
		if code := Code(number); code != Code_CODE_UNSPECIFIED {
			retry := "no"
			if code.Retryable() {
				retry = "yes"
			}
			want = append(want, fmt.Sprintf("| %d | %s | %s |", number, code.Name(), retry))
		}
	}
	for code, name := range closeNames {
		want = append(want, fmt.Sprintf("| %d | %s |", code, name))
	}
	for _, row := range want {
		if !strings.Contains(string(text), row) {
			t.Errorf("PROTOCOL.md lacks the row %q", row)
		}
	}
}
