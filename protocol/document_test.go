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

func TestTheDocumentListsEveryCommandAndItsAnswer(t *testing.T) {
	text, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	listed, answers := map[string]bool{}, map[string]bool{}
	_, table, _ := strings.Cut(string(text), "| command | needs | idempotency key | answered by |")
	table, _, _ = strings.Cut(table, "\n\n")
	split := func(text string) []string {
		return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
	}
	for row := range strings.Lines(table) {
		columns := strings.Split(row, "|")
		if len(columns) != 6 {
			continue
		}
		for _, name := range split(columns[1]) {
			listed[name] = true
		}
		for _, name := range split(columns[4]) {
			answers[name] = true
		}
	}
	requests := (&Command{}).ProtoReflect().Descriptor().Oneofs().ByName("request").Fields()
	for i := range requests.Len() {
		if name := string(requests.Get(i).Name()); !listed[name] {
			t.Errorf("PROTOCOL.md's table of commands lacks %s", name)
		}
	}
	results := (&Reply{}).ProtoReflect().Descriptor().Oneofs().ByName("result").Fields()
	for i := range results.Len() {
		if name := string(results.Get(i).Message().Name()); name != "Error" && !answers[name] {
			t.Errorf("PROTOCOL.md's table of commands has nothing that %s answers", name)
		}
	}
}
