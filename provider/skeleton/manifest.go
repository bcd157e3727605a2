// SPDX-License-Identifier: Apache-2.0

package skeleton

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/resnics/verbsmith/provider"
)

// Notes are lines of comments for a manifest, by the field that they are written before: one of its top fields, or headers.
type Notes map[string][]string

// manifestText is the template of all manifests, new and adopted.
//
//go:embed provider.yaml.tmpl
var manifestText string

// Manifest writes a provider.yaml. place is the directory in its text: -provider=PLACE.
func Manifest(m *provider.Manifest, place string, notes Notes) ([]byte, error) {
	t, err := template.New(provider.ManifestName).Option("missingkey=error").Funcs(template.FuncMap{
		"quote": strconv.Quote, "text": scalar, "pattern": pattern,
		"note": notes.text, "noted": func(field string) bool { return len(notes[field]) > 0 },
	}).Parse(manifestText)
	if err != nil {
		return nil, fmt.Errorf("read the manifest's template: %w", err)
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct {
		*provider.Manifest

		Place string
	}{m, place})
	if err != nil {
		return nil, fmt.Errorf("write a manifest: %w", err)
	}
	return out.Bytes(), nil
}

func (n Notes) text(field string) string {
	var out strings.Builder
	for _, line := range n[field] {
		out.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	return out.String()
}

var (
	plainScalar  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 _./()+,'-]*$`)
	plainPattern = regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9_./+-]*$`)
)

// scalar quotes a text unless it is the same without quotes.
func scalar(text string) string {
	words := []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
	if plainScalar.MatchString(text) && strings.TrimSpace(text) == text && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	return strconv.Quote(text)
}

// pattern quotes those with characters that YAML could take for its own.
func pattern(text string) string {
	if plainPattern.MatchString(text) && strings.Trim(text, "0123456789.") != "" {
		return text
	}
	return strconv.Quote(text)
}
