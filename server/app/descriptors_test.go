package app

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"caudal/server/config"
)

func TestConnectionsLeaveTheDatabaseItsFiles(t *testing.T) {
	for _, c := range []struct {
		connections       string // empty: the default, 20000
		descriptors, want int
		level             string
	}{
		{"", 1 << 20, 20000, ""},
		{"", 20000, 20000 - descriptorsKept, "INFO"},
		{"19000", 20000, 19000, ""}, // what a bank of that many quiet customers needs, and little more
		{"5000", 8192, 5000, ""},
		{"4000", 4096, 4096 - descriptorsKept, "WARN"},
		{"2000", 4096, 2000, ""},
		{"", descriptorsKept + connectionsLeast - 1, 0, ""},
	} {
		settings, err := config.Load(pflag.NewFlagSet("", pflag.ContinueOnError), func(name string) (string, bool) {
			if name != "CAUDAL_CONNECTIONS" {
				return "", false
			}
			return c.connections, c.connections != ""
		})
		if err != nil {
			t.Fatal(err)
		}
		var log lockedBuffer
		err = fitConnections(t.Context(), settings, c.descriptors, slog.New(slog.NewTextHandler(&log, nil)))
		if c.want == 0 {
			if err == nil {
				t.Errorf("%d files are enough", c.descriptors)
			}
			continue
		}
		if err != nil || settings.Connections != c.want {
			t.Errorf("%q of %d files: %d connections, %v", c.connections, c.descriptors, settings.Connections, err)
		}
		if told := log.String(); (told == "") != (c.level == "") || !strings.Contains(told, c.level) {
			t.Errorf("%q of %d files: told %q", c.connections, c.descriptors, told)
		}
	}
}
