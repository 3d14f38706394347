package main

import (
	"os"
	"regexp"

	"github.com/evanw/esbuild/pkg/api"
)

// unusedEnums lets the bundler leave out the enums of protobuf's own descriptor.proto, which nothing here reads. Each is
// filled by a function that is called where it stands, which looks like something that must happen; it becomes an initial
// value, which goes with the variable where nobody names it.
var unusedEnums = api.Plugin{
	Name: "unused-enums",
	Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: `descriptor_pb\.js$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			text, err := os.ReadFile(args.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			filled := filledEnum.ReplaceAllString(string(text), "export var $1 = /* @__PURE__ */ (function ($1) {${2}return $1; })({});")
			return api.OnLoadResult{Contents: &filled}, nil
		})
	},
}

// filledEnum is an enum as the TypeScript compiler writes it: declared, then filled.
var filledEnum = regexp.MustCompile(`export var (\w+);\n(?:/\*[^/]*\*/\n)?\(function \(\w+\) \{((?s:.*?))\}\)\(\w+ \|\| \(\w+ = \{\}\)\);`)
