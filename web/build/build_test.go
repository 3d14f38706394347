package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

// web is the folder with package.json, seen from this package.
const web = ".."

// libraries skips a test where the npm packages are not there: nothing but building the dashboard needs them.
func libraries(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(web, "node_modules", "preact")); err != nil {
		t.Skip("skipped: the dashboard's libraries are not installed (npm ci --prefix web)")
	}
}

// node runs a program in Node, bounded in time, and returns what it printed.
func node(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("node")
	if err != nil {
		t.Skip("skipped: there is no node on this machine")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = folder
	root, err := filepath.Abs(filepath.Join(web, ".."))
	if err != nil {
		t.Fatal(err)
	}
	c.Env = append(os.Environ(), "CAUDAL_ROOT="+root, "NO_COLOR=1")
	out, err := c.CombinedOutput()
	return string(out), err
}

func TestTheTypeScriptIsSound(t *testing.T) {
	libraries(t)
	t.Parallel()
	if out, err := node(t, web, "node_modules/typescript/bin/tsc", "--noEmit"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestTheTypeScriptsOwnTestsPass(t *testing.T) {
	libraries(t)
	t.Parallel()
	folder := t.TempDir()
	if err := bundleTests(web, folder, nodeTests); err != nil {
		t.Fatal(err)
	}
	files, err := filesBelow(folder)
	if err != nil {
		t.Fatal(err)
	}
	// One process runs them all: starting one for each costs more than most of them do. Each is a bundle of its own, so
	// that no two share a module.
	var all strings.Builder
	for _, f := range files {
		fmt.Fprintf(&all, "import %q;\n", "./"+filepath.ToSlash(f))
	}
	program := filepath.Join(folder, "all.mjs")
	if err := os.WriteFile(program, []byte(all.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := node(t, filepath.Join(web, ".."), "--test", "--test-reporter=spec", program)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, summary, found := strings.Cut(out, "ℹ tests ")
	if !found {
		t.Fatalf("no test ran:\n%s", out)
	}
	t.Logf("tests %s", summary)
	if !strings.Contains(summary, "ℹ skipped 0\n") || strings.HasPrefix(summary, "0\n") {
		t.Errorf("tests were skipped:\n%s", out)
	}
}

func TestDistIsInStepWithItsSources(t *testing.T) {
	libraries(t)
	t.Parallel()
	built := t.TempDir()
	if err := buildPages(web, built); err != nil {
		t.Fatal(err)
	}
	committed := filepath.Join(web, "dist")
	want, err := filesBelow(built)
	if err != nil {
		t.Fatal(err)
	}
	got, err := filesBelow(committed)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(want, got) {
		t.Fatalf("run: go run ./web/build\nbuilt now:\n  %s\nin dist:\n  %s", strings.Join(want, "\n  "), strings.Join(got, "\n  "))
	}
	for _, name := range want {
		fresh, err := os.ReadFile(filepath.Join(built, name))
		if err != nil {
			t.Fatal(err)
		}
		old, err := os.ReadFile(filepath.Join(committed, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fresh, old) {
			t.Errorf("%s is not what its sources give; run: go run ./web/build", name)
		}
	}
}

func TestABuildThatFailsSaysWhereAndWritesNothing(t *testing.T) {
	root := t.TempDir()
	out := filepath.Join(root, "dist")
	err := buildPages(root, out)
	if err == nil || !strings.Contains(err.Error(), "src/app/main.tsx") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
}

// filesBelow returns the files below folder, relative to it, sorted.
func filesBelow(folder string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(folder, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, name)
		names = append(names, relative)
		return err
	})
	slices.Sort(names)
	return names, err
}

func TestTheSDKStandsOnItsOwn(t *testing.T) {
	libraries(t)
	t.Parallel()
	options, err := common(web)
	if err != nil {
		t.Fatal(err)
	}
	options.EntryPoints = []string{"src/caudal/index.ts"}
	options.Metafile = true
	options.Format = api.FormatESModule
	options.Splitting = true
	options.Outdir = "assets"
	result := api.Build(*options)
	if err := failed(result.Errors, result.Warnings); err != nil {
		t.Fatal(err)
	}
	var meta metafile
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		t.Fatal(err)
	}
	for input := range meta.Inputs {
		own := strings.HasPrefix(input, "src/caudal/")
		if !own && !strings.HasPrefix(input, "node_modules/@bufbuild/") && !strings.HasPrefix(input, "node_modules/@noble/") {
			t.Errorf("the SDK needs %s", input)
		}
	}
	if len(meta.Inputs) < 20 {
		t.Errorf("only %d files were looked at", len(meta.Inputs))
	}
}
