package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// field is one setting: its place in the struct, and what its tags say.
type field struct {
	key         string
	usage       string
	initial     string // the default, as text
	initialDemo string // the default in demo mode; empty: the same
	index       int
}

// fields lists the settings of Config in its order.
var fields = func() []field {
	var all []field
	of := reflect.TypeFor[Config]()
	for i := range of.NumField() {
		tag := of.Field(i).Tag
		key, ok := tag.Lookup("key")
		if !ok {
			continue
		}
		all = append(all, field{
			key: key, usage: tag.Get("usage"), initial: tag.Get("default"), initialDemo: tag.Get("demo"),
			index: i,
		})
	}
	return all
}()

// flagName and envName are the key as flags and the environment spell it.
func (f field) flagName() string { return strings.ReplaceAll(f.key, "_", "-") }
func (f field) envName() string  { return "CAUDAL_" + strings.ToUpper(f.key) }

// value returns the setting's place in c.
func (f field) value(c *Config) reflect.Value { return reflect.ValueOf(c).Elem().Field(f.index) }

// set parses text into the setting. The error does not repeat text, which may be a secret.
func (f field) set(c *Config, text string) error {
	v := f.value(c)
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p = text
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("must be true or false")
		}
		*p = b
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("must be a whole number")
		}
		*p = n
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("must be a duration such as 30s or 5m")
		}
		*p = d
	case *Amount:
		return p.parse(text)
	case *[]string:
		*p = nil
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*p = append(*p, item)
			}
		}
	default:
		panic(fmt.Sprintf("config: field %s has a type that no setting can have", f.key))
	}
	return nil
}

// text returns the setting as set would take it.
func (f field) text(c *Config) string {
	switch v := f.value(c).Interface().(type) {
	case []string:
		return strings.Join(v, ",")
	case time.Duration:
		return shortDuration(v)
	default:
		return fmt.Sprint(v)
	}
}

// typeName is what --help shows for the value.
func (f field) typeName(c *Config) string {
	switch f.value(c).Interface().(type) {
	case bool:
		return "bool"
	case int:
		return "int"
	case time.Duration:
		return "duration"
	case Amount:
		return "amount"
	case []string:
		return "list"
	}
	return "string"
}

// shortDuration spells d without the zero units that Duration.String adds: 24h, not 24h0m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
