package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed dist
var embedded embed.FS

// policy is the pages' Content-Security-Policy: their own files and their own server, and nothing else; nothing is framed,
// and no text becomes markup or code (Trusted Types without a single policy).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// permissions turns off what a bank's page never asks a browser for.
const permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), " +
	"microphone=(), midi=(), payment=(), serial=(), usb=()"

// types are the content types of what dist may hold.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// Paths are what the dashboard answers to, for a router: the page, the demo's page, and everything that they load.
var Paths = []string{"/", "/demo", "/licences.txt", "/assets/*"}

// Dashboard serves the pages in dist. It is read-only and safe for concurrent use.
type Dashboard struct {
	files map[string]*file
}

// file is one answer, made once.
type file struct {
	kind      string
	immutable bool
	tag       string // ETag: weak, because it stands for both encodings
	plain     []byte
	zipped    func() []byte // made when it is first asked for; nil where it would not be smaller
}

// New returns the embedded dashboard. The page that shows two holders side by side, /demo, is there only with demo.
func New(demo bool) *Dashboard {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	d, err := Open(dist, demo)
	if err != nil {
		panic(err) // what is embedded can be read, and a test opens it
	}
	return d
}

// Open returns the dashboard in dist, a folder that the generator in web/build has written.
func Open(dist fs.FS, demo bool) (*Dashboard, error) {
	d := &Dashboard{files: map[string]*file{}}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		kind, known := types[path.Ext(name)]
		switch {
		case !known:
		case name == "index.html":
			d.files["/"] = newFile(kind, false, content)
		case name == "demo.html":
			if demo {
				d.files["/demo"] = newFile(kind, false, content)
			}
		default:
			d.files["/"+name] = newFile(kind, strings.HasPrefix(name, "assets/"), content)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d.files["/"] == nil {
		return nil, &fs.PathError{Op: "open", Path: "index.html", Err: fs.ErrNotExist}
	}
	return d, nil
}

func newFile(kind string, immutable bool, content []byte) *file {
	sum := sha256.Sum256(content)
	return &file{
		kind: kind, immutable: immutable, tag: `W/"` + hex.EncodeToString(sum[:16]) + `"`, plain: content,
		zipped: sync.OnceValue(func() []byte { return zip(content) }),
	}
}

func zip(content []byte) []byte {
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // the level is a valid one
	_, _ = w.Write(content)                                    // a buffer takes everything
	_ = w.Close()
	if zipped.Len() >= len(content) {
		return nil
	}
	return zipped.Bytes()
}

// ServeHTTP answers GET and HEAD for the pages and what they load; 404 for everything else.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", permissions)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	f := d.files[r.URL.Path]
	if f == nil {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.tag)
	h.Set("Vary", "Accept-Encoding")
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable") // its name hashes its content
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if zipped := f.zipped(); zipped != nil {
			h.Set("Content-Encoding", "gzip")
			body = zipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that has gone needs no answer
	}
}
