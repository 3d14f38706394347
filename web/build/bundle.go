package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// common returns what all bundles share.
func common(root string) (*api.BuildOptions, error) {
	folder, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	return &api.BuildOptions{
		AbsWorkingDir: folder,
		Bundle:        true,
		Target:        api.ES2023,
		Charset:       api.CharsetUTF8,
		LegalComments: api.LegalCommentsNone, // licences.txt has them
		LogLevel:      api.LogLevelSilent,
	}, nil
}

// testKind is a kind of test program: where its sources lie, and what it runs on.
type testKind struct {
	folder, suffix string
	platform       api.Platform
	extension      string
}

var (
	nodeTests    = testKind{"test", ".test.ts", api.PlatformNode, ".mjs"}
	browserTests = testKind{"test/browser", ".ts", api.PlatformBrowser, ".js"}
)

// bundleTests makes one program of each test file, at the same path below out.
func bundleTests(root, out string, kind testKind) error {
	options, err := common(root)
	if err != nil {
		return err
	}
	err = filepath.WalkDir(filepath.Join(root, kind.folder), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, kind.suffix) {
			return err
		}
		relative, err := filepath.Rel(root, name)
		options.EntryPoints = append(options.EntryPoints, relative)
		return err
	})
	if err != nil {
		return err
	}
	if len(options.EntryPoints) == 0 {
		return errors.New("there are no tests below " + kind.folder)
	}
	if options.Outdir, err = filepath.Abs(out); err != nil {
		return err
	}
	options.Outbase = kind.folder
	options.Platform = kind.platform
	options.Format = api.FormatESModule
	options.OutExtension = map[string]string{".js": kind.extension}
	options.Sourcemap = api.SourceMapInline
	options.Write = true
	result := api.Build(*options)
	return failed(result.Errors, result.Warnings)
}

// failed returns the first complaint of a build; a warning counts.
func failed(messages ...[]api.Message) error {
	var texts []string
	for i, kind := range []api.MessageKind{api.ErrorMessage, api.WarningMessage} {
		texts = append(texts, api.FormatMessages(messages[i], api.FormatMessagesOptions{Kind: kind})...)
	}
	if len(texts) == 0 {
		return nil
	}
	return errors.New(strings.Join(texts, ""))
}
