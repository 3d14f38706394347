package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// page is one HTML file of the dashboard.
type page struct {
	file               string // in dist
	entry, name        string // the source of its bundle, and the bundle's name
	title, description string
}

var pages = []page{
	{"index.html", "src/app/main.tsx", "app", "Caudal", "Caudal: a bank whose balances are live."},
	{"demo.html", "src/demo/main.tsx", "demo", "Caudal · demo", "Caudal: two holders side by side."},
}

// template is what every page looks like until its script runs.
const template = "src/page.html"

// stylesheet and icon are shared by the pages.
const (
	stylesheet = "src/style/main.css"
	icon       = "src/icons/icon.svg"
)

// buildPages writes the built dashboard into the folder out, whose assets it replaces.
func buildPages(root, out string) error {
	options, err := common(root)
	if err != nil {
		return err
	}
	for _, p := range pages {
		options.EntryPointsAdvanced = append(options.EntryPointsAdvanced, api.EntryPoint{InputPath: p.entry, OutputPath: p.name})
	}
	options.EntryPointsAdvanced = append(options.EntryPointsAdvanced,
		api.EntryPoint{InputPath: stylesheet, OutputPath: "style"}, api.EntryPoint{InputPath: icon, OutputPath: "icon"})
	options.Outdir = "assets"
	options.EntryNames = "[name]-[hash]"
	options.ChunkNames = "[name]-[hash]"
	options.AssetNames = "[name]-[hash]"
	options.Loader = map[string]api.Loader{".svg": api.LoaderCopy, ".woff2": api.LoaderCopy}
	options.Splitting = true
	options.Format = api.FormatESModule
	options.MinifyWhitespace, options.MinifyIdentifiers, options.MinifySyntax = true, true, true
	options.Metafile = true
	options.Plugins = []api.Plugin{unusedEnums}
	result := api.Build(*options)
	if err := failed(result.Errors, result.Warnings); err != nil {
		return err
	}
	var meta metafile
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(out, "assets")); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(out, "assets"), 0o755); err != nil { //nolint:gosec // public files
		return err
	}
	for _, f := range result.OutputFiles {
		if err := write(filepath.Join(out, "assets", filepath.Base(f.Path)), f.Contents); err != nil {
			return err
		}
	}
	html, err := os.ReadFile(filepath.Join(root, template))
	if err != nil {
		return err
	}
	for _, p := range pages {
		filled, err := meta.fill(string(html), p)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(out, p.file), []byte(filled)); err != nil {
			return err
		}
	}
	licences, err := meta.licences(root)
	if err != nil {
		return err
	}
	return write(filepath.Join(out, "licences.txt"), licences)
}

// metafile is what esbuild tells about a build; paths are relative to the web folder.
type metafile struct {
	Inputs  map[string]struct{} `json:"inputs"`
	Outputs map[string]struct {
		EntryPoint string `json:"entryPoint"`
		Imports    []struct {
			Path string `json:"path"`
			Kind string `json:"kind"`
		} `json:"imports"`
	} `json:"outputs"`
}

// output returns the path, as the page names it, of what was built from source.
func (m *metafile) output(source string) (string, error) {
	for name, o := range m.Outputs {
		if o.EntryPoint == source {
			return "/" + name, nil
		}
	}
	return "", errors.New("nothing was built from " + source)
}

// fill puts a page's words and the hashed names into the template: {{script}}, {{style}}, {{icon}}, and {{preload}} for the
// chunks that the script imports at once, so that the browser fetches them side by side.
func (m *metafile) fill(html string, p page) (string, error) {
	script, err := m.output(p.entry)
	if err != nil {
		return "", err
	}
	style, err := m.output(stylesheet)
	if err != nil {
		return "", err
	}
	picture, err := m.output(icon)
	if err != nil {
		return "", err
	}
	var preload strings.Builder
	for _, chunk := range m.imported(strings.TrimPrefix(script, "/"), nil) {
		fmt.Fprintf(&preload, "<link rel=\"modulepreload\" href=\"/%s\">", chunk)
	}
	return strings.NewReplacer("{{title}}", p.title, "{{description}}", p.description, "{{script}}", script, "{{style}}", style,
		"{{icon}}", picture, "{{preload}}", preload.String()).Replace(html), nil
}

// imported returns the chunks that output needs before it runs, sorted, without the lazily loaded ones.
func (m *metafile) imported(output string, seen []string) []string {
	for _, i := range m.Outputs[output].Imports {
		if i.Kind == "import-statement" && !slices.Contains(seen, i.Path) {
			seen = m.imported(i.Path, append(seen, i.Path))
		}
	}
	slices.Sort(seen)
	return seen
}

// licences returns the licence texts of the packages that ended in the bundles.
func (m *metafile) licences(root string) ([]byte, error) {
	var packages []string
	for input := range m.Inputs {
		_, in, ok := strings.Cut(input, "node_modules/")
		if !ok {
			continue
		}
		parts := strings.SplitN(in, "/", 3)
		name := parts[0]
		if strings.HasPrefix(name, "@") {
			name = path.Join(parts[0], parts[1])
		}
		packages = append(packages, name)
	}
	slices.Sort(packages)
	var all strings.Builder
	all.WriteString("The dashboard contains the following libraries.\n")
	for _, name := range slices.Compact(packages) {
		text, err := licence(filepath.Join(root, "node_modules", name))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&all, "\n---- %s\n\n%s\n", name, strings.TrimSpace(text))
	}
	return []byte(all.String()), nil
}

// licence returns the text of the licence file of a package, or its name where the package ships no text.
func licence(folder string) (string, error) {
	for _, name := range []string{"LICENSE", "LICENSE.md", "LICENSE.txt"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			return string(text), nil
		}
	}
	description, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		return "", err
	}
	var about struct {
		License string `json:"license"`
	}
	if err := json.Unmarshal(description, &about); err != nil {
		return "", err
	}
	if about.License == "" {
		return "", errors.New(folder + " has no licence")
	}
	return about.License, nil
}

func write(name string, content []byte) error {
	return os.WriteFile(name, content, 0o644) //nolint:gosec // public files
}
