package route

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caudal/models"
	"caudal/models/ledger"
	"caudal/protocol"
)

// tables are the packages whose exported errors the table must have, by where their source is.
var tables = map[string]string{
	"models":   "../../models",
	"ledger":   "../../models/ledger",
	"password": "../../models/password",
	"clabe":    "../../models/clabe",
	"money":    "../../models/money",
	"live":     "../live",
	"opaque":   "../opaque",
}

func TestTheTableHasEveryErrorThatTheBankExports(t *testing.T) {
	known := rowsInSource(t)
	for name, dir := range tables {
		for _, exported := range exportedErrors(t, dir) {
			if !known[name+"."+exported] {
				t.Errorf("%s.%s has no code", name, exported)
			}
		}
	}
	if len(known) != len(codes) {
		t.Errorf("the table has %d rows, its source names %d", len(codes), len(known))
	}
}

// exportedErrors returns the package's exported variables whose names begin with Err.
func exportedErrors(t *testing.T, dir string) (names []string) {
	t.Helper()
	for _, file := range parse(t, dir) {
		for _, declaration := range file.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok || general.Tok != token.VAR {
				continue
			}
			for _, spec := range general.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(name.Name, "Err") {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("no errors found in %s: the test looks in the wrong place", dir)
	}
	return names
}

// rowsInSource returns the first column of the table, as it is written.
func rowsInSource(t *testing.T) map[string]bool {
	t.Helper()
	rows := make(map[string]bool)
	for _, file := range parse(t, ".") {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Names[0].Name != "codes" {
				return true
			}
			for _, row := range spec.Values[0].(*ast.CompositeLit).Elts {
				column := row.(*ast.CompositeLit).Elts[0].(*ast.SelectorExpr)
				rows[column.X.(*ast.Ident).Name+"."+column.Sel.Name] = true
			}
			return false
		})
	}
	return rows
}

func parse(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	return files
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestEveryRowLeadsToItsCode(t *testing.T) {
	for _, row := range codes {
		for _, err := range []error{row.err, fmt.Errorf("wrapped: %w", row.err)} {
			got := fault(quiet, err)
			if got.Code != row.code || got.Retryable != row.code.Retryable() || got.Message == "" {
				t.Errorf("%v: got %v", err, got)
			}
		}
	}
}

func TestAnUnknownOutcomeIsNeverTakenForAnythingElse(t *testing.T) {
	for _, err := range []error{
		fmt.Errorf("%w: %w", ledger.ErrOutcomeUnknown, ledger.ErrBusy),
		fmt.Errorf("%w: %w", ledger.ErrBusy, ledger.ErrOutcomeUnknown),
		errors.Join(models.ErrUsernameTaken, models.ErrCommitUnknown),
	} {
		if got := fault(quiet, err); got.Code != protocol.Code_CODE_OUTCOME_UNKNOWN {
			t.Errorf("%v: got %s", err, got.Code)
		}
	}
}

func TestWhatIsNotInTheTableIsLoggedAndNotShown(t *testing.T) {
	var log strings.Builder
	logger := func() *slog.Logger { return slog.New(slog.NewTextHandler(&log, nil)) }
	got := fault(logger, errors.New("disk 7 is on fire"))
	if got.Code != protocol.Code_CODE_INTERNAL || got.Retryable || strings.Contains(got.Message, "fire") {
		t.Errorf("the client sees %v", got)
	}
	_, id, _ := strings.Cut(log.String(), "error_id=")
	id, _, _ = strings.Cut(id, " ")
	if !strings.Contains(log.String(), "disk 7 is on fire") || id == "" || !strings.Contains(got.Message, id) {
		t.Errorf("log %q, message %q", log.String(), got.Message)
	}
}

func TestATextThatIsRefusedIsNotRepeated(t *testing.T) {
	_, err := models.CleanMemo("hunter2\x1b[2J")
	if got := fault(quiet, err); got.Code != protocol.Code_CODE_INVALID_ARGUMENT || strings.Contains(got.Message, "hunter2") ||
		!strings.Contains(got.Message, "memo") {
		t.Errorf("got %v", got)
	}
}

// uncomparable is an error on which == panics.
type uncomparable struct{ _ []int }

func (uncomparable) Error() string { return "uncomparable" }

func TestAnErrorThatCannotBeComparedIsInternal(t *testing.T) {
	if got := fault(quiet, uncomparable{}); got.Code != protocol.Code_CODE_INTERNAL {
		t.Errorf("got %v", got)
	}
}
