package bench

import (
	"context"
	"crypto/sha256"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

const (
	fsyncs    = 31
	fsyncSize = 4096 // bytes: a page of the database

	hashedMB    = 16
	hashSamples = 5
)

// measureMachine says where it is measured, in about a tenth of a second. bank is what the bank calls itself.
func measureMachine(bank string) Machine {
	m := Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), Cores: runtime.NumCPU(),
		Commit: commit(), Bank: bank,
		FsyncUs: fsyncMedian(os.TempDir()), SHA256MBPerS: hashSpeed(),
	}
	m.describe()
	return m
}

// commit is the revision that this program was built of, with "+" where its tree was changed.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		revision = revision[:min(len(revision), revisionDigits)]
		if settings["vcs.modified"] == "true" {
			revision += "+"
		}
		return revision
	}
	if revision := checkedOut(info.Main.Path); revision != "" {
		return revision
	}
	return info.Main.Version
}

const revisionDigits = 12

// checkedOut asks git, since "go run" notes no revision: in the module's own folder it has just built what is there.
func checkedOut(module string) string {
	text, err := os.ReadFile("go.mod")
	if err != nil || module == "" || !strings.HasPrefix(string(text), "module "+module+"\n") {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=+").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// fsyncMedian is how long a small write and its fsync take, in microseconds; 0 where the folder cannot be written to.
func fsyncMedian(folder string) float64 {
	f, err := os.CreateTemp(folder, "caudal-bench-*")
	if err != nil {
		return 0
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, fsyncSize)
	took := make([]time.Duration, fsyncs)
	for i := range took {
		start := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0
		}
		if err := f.Sync(); err != nil {
			return 0
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return float64(took[len(took)/2].Nanoseconds()) / 1000
}

// hashSpeed is how many MB of zeros one core hashes in a second: the median of a few samples.
func hashSpeed() float64 {
	zeros := make([]byte, 1_000_000)
	took := make([]time.Duration, hashSamples)
	for i := range took {
		start := time.Now()
		for range hashedMB {
			sum := sha256.Sum256(zeros)
			zeros[0] = sum[0] // so that no compiler leaves it out
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return hashedMB / took[len(took)/2].Seconds()
}
