// Command build makes web/dist from web/src: the bundles by esbuild under names that hash their content, the pages that
// name them, and the licences of what was bundled. The same sources give the same bytes.
//
//	npm ci --prefix web       once, for the libraries
//	go run ./web/build        writes web/dist
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	root := flag.String("web", "web", "the folder with package.json")
	out := flag.String("out", "", "write the pages here (default WEB/dist)")
	tests := flag.String("tests", "", "bundle the tests for Node into this folder instead")
	browser := flag.String("browser", "", "bundle the test pages for a browser into this folder instead")
	flag.Parse()
	var err error
	switch {
	case *tests != "":
		err = bundleTests(*root, *tests, nodeTests)
	case *browser != "":
		err = bundleTests(*root, *browser, browserTests)
	default:
		if *out == "" {
			*out = *root + "/dist"
		}
		err = buildPages(*root, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}
