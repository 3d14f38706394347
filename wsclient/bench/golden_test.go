package bench

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write what comes out to testdata, to be looked at before it is committed")

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is another one now; after a look: go test ./wsclient/bench -update\n%s", path, firstDifference(got, want))
	}
}

// firstDifference is the first line that is not the same.
func firstDifference(got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range g {
		if i >= len(w) || !bytes.Equal(g[i], w[i]) {
			expected := []byte("(nothing)")
			if i < len(w) {
				expected = w[i]
			}
			return "got  " + string(g[i]) + "\nwant " + string(expected)
		}
	}
	return "got less"
}

// stored is a result in testdata.
func stored(t testing.TB, name string) *Result {
	t.Helper()
	r, err := ReadResult(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheSummarySaysWhatARunCameTo(t *testing.T) {
	for _, name := range []string{"transfer", "open"} {
		var out bytes.Buffer
		if err := WriteText(&out, stored(t, name+".json")); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", out.Bytes())
	}
}

func TestCSVHasOneRowASecond(t *testing.T) {
	var out bytes.Buffer
	if err := WriteCSV(&out, stored(t, "open.json")); err != nil {
		t.Fatal(err)
	}
	golden(t, "open.csv", out.Bytes())
}

func TestHGRMHasOneFileForEachHistogram(t *testing.T) {
	folder := t.TempDir()
	written, err := WriteHGRM(filepath.Join(folder, "run.hgrm"), stored(t, "transfer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range []string{"tcp_tls", "channel", "sign_in", "service", "event"} {
		want = append(want, filepath.Join(folder, "run."+name+".hgrm"))
	}
	if !slices.Equal(written, want) {
		t.Fatalf("written: %v, want %v", written, want)
	}
	text, err := os.ReadFile(written[3])
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "transfer.service.hgrm", text)
}
