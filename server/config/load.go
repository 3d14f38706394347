package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// fileBytesMax bounds the configuration file; a real one has a few kilobytes.
const fileBytesMax = 1 << 20

// fileKey names the flag (--config) and the variable (CAUDAL_CONFIG) that name the file.
const fileKey = "config"

// Flags defines a flag for every setting on set, or for those whose keys are given, and --config. Load reads those that were
// given on the command line.
func Flags(set *pflag.FlagSet, keys ...string) {
	set.String(fileKey, "", "YAML file with settings")
	var defaults Config
	for _, f := range fields {
		if len(keys) > 0 && !slices.Contains(keys, f.key) {
			continue
		}
		flag := set.VarPF(&flagText{kind: f.typeName(&defaults), text: f.initial}, f.flagName(), "", f.usage)
		if flag.Value.Type() == "bool" {
			flag.NoOptDefVal = "true"
		}
	}
}

// flagText is a flag whose text is kept as it came; Load parses it where the other sources are parsed too.
type flagText struct{ kind, text string }

func (t *flagText) String() string     { return t.text }
func (t *flagText) Set(s string) error { t.text = s; return nil }
func (t *flagText) Type() string       { return t.kind }

// Load returns the settings: those of flags that were given, then the environment's, then the file's, then defaults; and
// checks them. Errors name the source and the key, never the value.
func Load(flags *pflag.FlagSet, env func(string) (string, bool)) (*Config, error) {
	file, err := readFile(flags, env)
	if err != nil {
		return nil, err
	}
	given := func(f field) (string, Source) {
		if flag := flags.Lookup(f.flagName()); flag != nil && flag.Changed {
			return flag.Value.String(), Flag
		}
		if text, ok := env(f.envName()); ok {
			return text, Environment
		}
		if text, ok := file[f.key]; ok {
			return text, File
		}
		return "", Default
	}

	c := &Config{sources: make(map[string]Source)}
	for _, f := range fields {
		if f.key == "demo" { // first: defaults depend on it
			if err := c.take(f, given); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range fields {
		if f.key != "demo" {
			if err := c.take(f, given); err != nil {
				return nil, err
			}
		}
	}
	return c, c.check()
}

// take sets f from the strongest source that has it.
func (c *Config) take(f field, given func(field) (string, Source)) error {
	text, source := given(f)
	if source == Default {
		text = f.initial
		if c.Demo && f.initialDemo != "" {
			text = f.initialDemo
		}
		if text == "" {
			return nil
		}
	}
	if err := f.set(c, text); err != nil {
		name := map[Source]string{Default: f.key, File: f.key, Environment: f.envName(), Flag: "--" + f.flagName()}[source]
		return fmt.Errorf("%s (%s): %w", name, source, err)
	}
	c.sources[f.key] = source
	return nil
}

// readFile returns the file's settings as text by key; nothing where no file was named.
func readFile(flags *pflag.FlagSet, env func(string) (string, bool)) (map[string]string, error) {
	path, _ := env("CAUDAL_" + strings.ToUpper(fileKey))
	if flag := flags.Lookup(fileKey); flag != nil && flag.Changed {
		path = flag.Value.String()
	}
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, fileBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	if len(raw) > fileBytesMax {
		return nil, fmt.Errorf("configuration file %s: larger than %d bytes", path, fileBytesMax)
	}
	settings, err := parseFile(raw)
	if err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", path, err)
	}
	return settings, nil
}

// parseFile reads one flat YAML mapping of known keys to scalars or lists of scalars. Whatever else it holds is an error:
// a setting that is silently not read is a setting that somebody believes in.
func parseFile(raw []byte) (map[string]string, error) {
	settings := make(map[string]string)
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return settings, nil
		}
		return nil, errors.New("not valid YAML")
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("holds more than one document")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return settings, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, errors.New("must be a mapping of settings")
	}
	known := make(map[string]bool)
	for _, f := range fields {
		known[f.key] = true
	}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if !known[key.Value] {
			return nil, fmt.Errorf("line %d: there is no setting %q", key.Line, key.Value)
		}
		if _, twice := settings[key.Value]; twice {
			return nil, fmt.Errorf("line %d: %s is set twice", key.Line, key.Value)
		}
		text, err := scalarText(value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", key.Line, key.Value, err)
		}
		settings[key.Value] = text
	}
	return settings, nil
}

// scalarText returns a scalar's text, or a list's joined by commas.
func scalarText(node *yaml.Node) (string, error) {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag != "!!null":
		return node.Value, nil
	case node.Kind == yaml.SequenceNode:
		items := make([]string, 0, len(node.Content))
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, ",") {
				return "", errors.New("a list holds plain texts without commas")
			}
			items = append(items, item.Value)
		}
		return strings.Join(items, ","), nil
	}
	return "", errors.New("must be a plain value or a list of them")
}
