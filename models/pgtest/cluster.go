package pgtest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startTimeout bounds how long a new cluster may take to be ready, on the slowest machine.
const startTimeout = 2 * time.Minute

// settings of the server: as fast as one may be that nobody will miss, and quick to find a deadlock.
var settings = []string{
	"listen_addresses=", "fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off",
	"max_connections=200", "deadlock_timeout=50ms", "default_transaction_isolation=serializable",
}

// unavailable says why there is no PostgreSQL here.
type unavailable string

func (u unavailable) Error() string { return string(u) }

type cluster struct {
	socket   string         // the folder that it is in
	admin    *sql.DB        // on the database postgres
	copying  string         // how CREATE DATABASE copies
	lifeline io.WriteCloser // the server ends when it is closed, by the process's end too
}

// url of a database. The user is a superuser.
func (c *cluster) url(database string) string {
	return "postgres://caudal@/" + database + "?sslmode=disable&host=" + url.QueryEscape(c.socket)
}

// lifetime runs the server until its standard input ends, which is when the process ends that holds the other side.
const lifetime = `
pg_ctl --silent --wait --pgdata=data --log=log --options="$1" start 2>>log || exit 1
echo ready
cat >/dev/null
pg_ctl --silent --pgdata=data --mode=immediate stop
rm -rf "$PWD"`

// start makes a cluster in a new folder and runs it. It returns an unavailable where that cannot be done here.
func start() (*cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	// Not a test's own folder: it is closed to the user that the server runs as, and a socket's path has 107 bytes.
	dir, err := os.MkdirTemp(memory(), "caudal-pg-")
	if err != nil {
		return nil, err
	}
	c, err := startIn(dir, bin)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		_ = os.RemoveAll(dir)
		if _, ok := err.(unavailable); !ok { //nolint:errorlint // startIn returns it as it is
			err = fmt.Errorf("start PostgreSQL: %w\n%s", err, log)
		}
		return nil, err
	}
	return c, nil
}

func startIn(dir, bin string) (*cluster, error) {
	credential, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	command := func(ctx context.Context, name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // PostgreSQL's programs, and the shell
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "LC_ALL=C", "HOME=" + dir} // none of the machine's PG... settings
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Setpgid: true}   // whoever interrupts the tests does not interrupt it
		return cmd
	}
	output, err := command(ctx, filepath.Join(bin, "initdb"), "--pgdata=data", "--username=caudal", "--auth=trust", "--encoding=UTF8",
		"--locale=C", "--no-sync").CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		return nil, unavailable("PostgreSQL does not run as root, and this process may not become another user")
	}
	if err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, output)
	}
	server := command(context.Background(), "/bin/sh", "-c", lifetime, "sh", "-k "+dir+" -c "+strings.Join(settings, " -c "))
	c := &cluster{socket: dir}
	if c.lifeline, err = server.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	if !bufio.NewScanner(stdout).Scan() {
		return nil, errors.Join(errors.New("the server did not come up"), c.lifeline.Close(), server.Wait())
	}
	if c.admin, err = sql.Open("pgx", c.url("postgres")); err != nil {
		return nil, err
	}
	var version int
	if err := c.admin.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return nil, errors.Join(err, c.lifeline.Close(), server.Wait())
	}
	if version >= 15_00_00 { // where copying files, which takes a third of the time, is not the default any more
		c.copying = " STRATEGY file_copy"
	}
	if err := c.makeSchema(ctx); err != nil {
		return nil, errors.Join(err, c.lifeline.Close(), server.Wait())
	}
	return c, nil
}

// memoryMin is what a cluster needs at most, at tens of MB for its log and eight for each database, with room to spare.
const memoryMin = 1 << 30

// memory returns a folder that is kept in memory, where a database is copied ten times as fast, or "" where there is none
// with enough room.
func memory() string {
	const shared = "/dev/shm"
	var free syscall.Statfs_t
	err := syscall.Statfs(shared, &free)
	if err != nil || uint64(free.Bavail)*uint64(free.Bsize) < memoryMin { //nolint:unconvert // their types differ between systems
		return ""
	}
	return shared
}

// programs finds the folder of PostgreSQL's programs: on the path, or where Debian keeps them, the newest.
func programs() (string, error) {
	if found, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(found), nil
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(installed) == 0 {
		return "", unavailable("PostgreSQL's programs are not installed (on the path, or in /usr/lib/postgresql/*/bin)")
	}
	return filepath.Dir(slices.MaxFunc(installed, func(a, b string) int { return version(a) - version(b) })), nil
}

func version(path string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return version
}

// unprivileged returns the user that the cluster runs as, and gives it the folder: PostgreSQL refuses to run as root.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(found.Uid)
		gid, errGID := strconv.Atoi(found.Gid)
		if err := errors.Join(errUID, errGID, os.Chown(dir, uid, gid)); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: true}, nil
	}
	return nil, unavailable("PostgreSQL does not run as root, and there is no user postgres or nobody")
}
