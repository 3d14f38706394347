package e2e

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// chromium is the one browser of these tests, started by the first that needs it. Each person gets a profile of their own
// in it, as if they sat at different machines.
var chromium browser

type browser struct {
	start   sync.Once
	ctx     context.Context
	profile string
	err     error
	// certificate is what every bank with a dashboard shows in TLS, and all that the browser trusts besides real ones.
	certificate tls.Certificate
	stop        func()
}

// programs are the names under which a browser that speaks the DevTools protocol is found.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// browserProgram returns the browser's path: CAUDAL_CHROMIUM, or what the machine has. "none" leaves these tests out.
func browserProgram(t testing.TB) string {
	t.Helper()
	if named := os.Getenv("CAUDAL_CHROMIUM"); named == "none" {
		t.Skip("left out: CAUDAL_CHROMIUM is none")
	} else if named != "" {
		return named
	}
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium here: install it, or name one in CAUDAL_CHROMIUM")
	return ""
}

// running returns the context of the running browser.
func (b *browser) running(t testing.TB) context.Context {
	t.Helper()
	program := browserProgram(t)
	b.start.Do(func() { b.err = b.launch(t, program) })
	if b.err != nil {
		t.Fatalf("starting %s: %v", program, b.err)
	}
	return b.ctx
}

func (b *browser) launch(t testing.TB, program string) (err error) {
	b.certificate = selfSigned(t)
	leaf, err := x509.ParseCertificate(b.certificate.Certificate[0])
	if err != nil {
		return err
	}
	key := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	if b.profile, err = os.MkdirTemp("", "caudal-browser-"); err != nil {
		return err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program),
		chromedp.UserDataDir(b.profile),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:])),
		// Each window would start renderers for parts of the browser that nobody sees.
		chromedp.Flag("disable-features", "PreloadTopChromeWebUI,TabSearch,Translate,OptimizationHints,MediaRouter"),
		chromedp.Flag("accept-lang", "es-MX"),
		chromedp.Flag("lang", "es-MX"),
		// Chromium without a head would call itself another browser.
		chromedp.UserAgent("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"),
		chromedp.Flag("force-color-profile", "srgb"),
	}
	for _, flag := range []string{
		"disable-gpu", "disable-quic", "no-first-run", "no-default-browser-check", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-extensions", "disable-dev-shm-usage", "disable-breakpad",
		"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
		"hide-scrollbars",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	if os.Getuid() == 0 { // Chromium's sandbox needs a user to fall back to
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stopProcess := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	b.stop = func() {
		_ = chromedp.Cancel(ctx) // asks it to close; what it says no longer matters
		cancel()
		stopProcess() // waits for the process
		_ = os.RemoveAll(b.profile)
	}
	b.ctx = ctx
	return chromedp.Do(ctx)
}

// tests runs the package's tests and ends the browser after them.
type tests struct{ *testing.M }

func (m tests) Run() int {
	code := m.M.Run()
	if chromium.stop != nil {
		chromium.stop()
	}
	return code
}

// startDashboard starts a bank whose pages the browser trusts. The dashboard is the embedded one, or, for whoever works on
// it, the folder in CAUDAL_TEST_WEB.
func startDashboard(t testing.TB, args ...string) *bank {
	t.Helper()
	return startBank(t, dashboardArgs(t, args...)...)
}

func dashboardArgs(t testing.TB, args ...string) []string {
	t.Helper()
	chromium.running(t)
	folder := t.TempDir()
	certificate, key := filepath.Join(folder, "tls.pem"), filepath.Join(folder, "tls-key.pem")
	writePEM(t, certificate, "CERTIFICATE", chromium.certificate.Certificate[0])
	writePEM(t, key, "PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(chromium.certificate.PrivateKey)))
	args = append(args, "--tls-cert", certificate, "--tls-key", key)
	if folder := os.Getenv("CAUDAL_TEST_WEB"); folder != "" {
		args = append(args, "--web", must[string](t)(filepath.Abs(folder)))
	}
	return args
}

func writePEM(t testing.TB, name, kind string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// page is the address of the bank's dashboard.
func (b *bank) page() string { return "https://" + b.listen + "/" }
