package config

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
)

// Print writes the settings as the file would have them, each with its source. The one place where a setting can hold a
// secret is the password of a URL; it is hidden. Keys and passwords are never settings: they are in files, or typed.
func (c *Config) Print(w io.Writer) error {
	for _, f := range fields {
		if _, err := fmt.Fprintf(w, "%s: %s # %s\n", f.key, c.printed(f), c.sources[f.key]); err != nil {
			return err
		}
	}
	return nil
}

// printed returns the setting as YAML, hidden where nobody should read it.
func (c *Config) printed(f field) string {
	switch v := f.value(c).Interface().(type) {
	case string:
		return strconv.Quote(redactURL(v))
	case []string:
		list := "["
		for i, item := range v {
			if i > 0 {
				list += ", "
			}
			list += strconv.Quote(redactURL(item))
		}
		return list + "]"
	case Amount:
		return strconv.Quote(v.String())
	default:
		return f.text(c)
	}
}

// redactURL hides the password of a URL that has one.
func redactURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	return u.Redacted()
}
