// SPDX-License-Identifier: Apache-2.0

package page

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// mostText bounds a text of the page, in bytes; a Text has its own bound where it is shown.
const mostText = 2 << 10

// cleaned is a copy of the page in which each text but that of a patch, which is a file's, has gone through hide, without
// passwords of URLs and without characters that move, hide or reorder text.
func cleaned(p Page, hide func(string) string) Page {
	var out Page
	safe := func(s string) string { return strings.Map(shown, redacted(strings.ToValidUTF8(s, "?"))) }
	c := cleaner{text: func(s string) string { return safe(hide(strings.ToValidUTF8(s, "?"))) }, patch: safe}
	reflect.ValueOf(&out).Elem().Set(c.clean(reflect.ValueOf(p)))
	return out
}

// cleaner makes texts safe, those of patches in a way of their own.
type cleaner struct{ text, patch func(string) string }

// redacted removes users and passwords of URLs. No URL goes on in the next line, and most lines of a patch have none.
func redacted(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	lines := strings.SplitAfter(s, "\n")
	for i, line := range lines {
		if strings.Contains(line, "://") {
			lines[i] = ui.Redact(line)
		}
	}
	return strings.Join(lines, "")
}

// clean copies a value of this package's types.
func (c cleaner) clean(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		s := c.text(v.String()) // before it is cut: half a URL is not known as one
		if v.Type() != reflect.TypeFor[Text]() && len(s) > mostText {
			s = strings.ToValidUTF8(s[:mostText], "") + "…"
		}
		out.SetString(s)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Patch]() {
			c.text = c.patch
		}
		for i := range v.NumField() {
			out.Field(i).Set(c.clean(v.Field(i)))
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = reflect.Append(out, c.clean(v.Index(i)))
		}
	default:
		out.Set(v)
	}
	return out
}

// shown drops what is no text: controls but the line break and the tab, and marks that change the direction of what follows.
func shown(r rune) rune {
	if r == '\n' || r == '\t' || !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
		return r
	}
	return -1
}

// cut is the beginning of a text, in whole lines if it has more than one, and how many bytes are left out.
func cut(text string, most int) (begin string, left int) {
	if len(text) <= most {
		return text, 0
	}
	begin = text[:max(most, 0)]
	if end := strings.LastIndexByte(begin, '\n'); end >= 0 {
		begin = begin[:end+1]
	}
	begin = strings.ToValidUTF8(begin, "")
	return begin, len(text) - len(begin)
}

// cutEnd is the end of a text, likewise.
func cutEnd(text string, most int) (end string, left int) {
	if len(text) <= most {
		return text, 0
	}
	end = text[len(text)-max(most, 0):]
	if begin := strings.IndexByte(end, '\n'); begin >= 0 {
		end = end[begin+1:]
	}
	end = strings.ToValidUTF8(end, "")
	return end, len(text) - len(end)
}
