package model

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	expectation = regexp.MustCompile(`(?m)^% expect: (\w+)$`)
	verdict     = regexp.MustCompile(`(?m)^# SZS status (\w+)`)
)

// What the prover says (https://tptp.org, SZS ontology) of clauses that deny the scenario's goal.
var verdicts = map[string]string{
	"underivable": "Satisfiable",   // saturated without a contradiction: the goal has no derivation
	"derivable":   "Unsatisfiable", // the goal has one
}

func TestTheHandshakeHoldsInTheModelWhatItPromises(t *testing.T) {
	prover, err := exec.LookPath("eprover")
	if err != nil {
		t.Skip("eprover is not installed (Debian: apt-get install eprover), so the model of the handshake was NOT checked")
	}
	paths, err := filepath.Glob("scenarios/*.p")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		match := expectation.FindSubmatch(raw)
		if match == nil || verdicts[string(match[1])] == "" {
			t.Errorf("%s does not say what to expect", path)
			continue
		}
		expect := string(match[1])
		seen[expect]++
		name := strings.TrimSuffix(filepath.Base(path), ".p")
		t.Run(expect+"/"+name, func(t *testing.T) {
			output, err := exec.CommandContext(t.Context(), prover,
				"--auto", "--tstp-format", "--cpu-limit=60", "--silent", path).CombinedOutput()
			got := verdict.FindSubmatch(output)
			if got == nil {
				t.Fatalf("no verdict: %v\n%s", err, output)
			}
			if string(got[1]) != verdicts[expect] {
				t.Fatalf("the goal should be %s, the prover says %s", expect, got[1])
			}
		})
	}
	if seen["underivable"] == 0 || seen["derivable"] == 0 {
		t.Fatalf("a model that cannot hold or cannot fail shows nothing: %v", seen)
	}
}
