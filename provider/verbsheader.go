// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/sortedlist"
)

// The last two of verbs.h's extern declarations are not providers: they mean all providers and
// an empty place. They stay last.
const (
	staticAll  = "all"
	staticNone = "none"
)

// staticExtern is one "extern const struct verbs_device_ops verbs_provider_X;".
type staticExtern struct {
	Name       string
	Start, End int
}

// addStaticProvider declares verbs_provider_NAME in libibverbs/verbs.h, in its order, and adds
// a place to the macros that list the providers of a static build, as upstream does for each
// provider.
func addStaticProvider(file string, data []byte, name string) (out []byte, already bool, err error) {
	toks, err := c.Scan(file, data)
	if err != nil {
		return nil, false, err
	}
	externs, err := staticExterns(file, toks)
	if err != nil {
		return nil, false, err
	}
	names := make([]string, len(externs))
	for i, e := range externs {
		names[i] = e.Name
	}
	switch n := text.Count(names, name); {
	case n == 1:
		return data, true, nil
	case n > 1:
		lookedFor, found := "verbs_provider_"+name+" declared once", strconv.Itoa(n)+" declarations"
		return nil, false, &PlaceError{File: file, LookedFor: lookedFor, Found: found}
	}
	decl := "extern const struct verbs_device_ops verbs_provider_" + name + ";"
	pos := sortedlist.Place(names, name, sortedlist.ByBytes)
	if pos > 0 {
		out = text.InsertLineAfter(data, externs[pos-1].End, decl)
	} else {
		out = text.InsertLineBefore(data, externs[0].Start, decl)
	}
	// The macros are before or after the declarations; they are searched again in the new text,
	// so that it does not matter.
	before, out, err := growStaticMacros(file, out)
	if err != nil {
		return nil, false, err
	}
	if err := checkStaticProvider(file, out, slices.Insert(names, pos, name), before+1); err != nil {
		return nil, false, err
	}
	return out, false, nil
}

// checkStaticProvider reads the result back.
func checkStaticProvider(file string, out []byte, names []string, places int) error {
	toks, err := c.Scan(file, out)
	if err != nil {
		return fmt.Errorf("after the edit: %w", err)
	}
	externs, err := staticExterns(file, toks)
	if err != nil {
		return fmt.Errorf("after the edit: %w", err)
	}
	got := make([]string, len(externs))
	for i, e := range externs {
		got[i] = e.Name
	}
	m, err := parseStaticMacros(file, out)
	if err != nil {
		return fmt.Errorf("after the edit: %w", err)
	}
	if !slices.Equal(got, names) || m.Places != places {
		lookedFor := "a layout with each declaration on its own line"
		return &PlaceError{File: file, LookedFor: lookedFor, Found: "a different layout"}
	}
	return nil
}

// staticExterns returns the declared providers without all and none.
func staticExterns(file string, toks []c.Token) ([]staticExtern, error) {
	const before = "extern const struct verbs_device_ops "
	var found []staticExtern
	for i := 0; i+5 < len(toks); i++ {
		var words strings.Builder
		for _, t := range toks[i : i+4] {
			words.WriteString(t.Text + " ")
		}
		name, ok := strings.CutPrefix(toks[i+4].Text, "verbs_provider_")
		if !ok || words.String() != before || toks[i+5].Text != ";" || name == staticAll || name == staticNone {
			continue
		}
		found = append(found, staticExtern{name, toks[i].Start, toks[i+5].End})
	}
	if len(found) == 0 {
		return nil, text.NoPlace(file, "declarations "+before+"verbs_provider_…;")
	}
	return found, nil
}

// staticMacros are the two macros with a static build's list.
type staticMacros struct {
	Places int     // N of _RDMA_STATIC_PREFIX_(_1, … _N, ...)
	Prefix c.Token // #define _RDMA_STATIC_PREFIX_(_1, …
	Filler c.Token // #define _RDMA_STATIC_PREFIX(arg) …
}

var (
	blankRun     = regexp.MustCompile(`(\\\r?\n|[ \t])+`)
	prefixDefine = regexp.MustCompile(`^#define _RDMA_STATIC_PREFIX_\(([^()]*), ?\.{3}\) ?(.*)$`)
	fillerDefine = regexp.MustCompile(
		`^#define _RDMA_STATIC_PREFIX\((\w+)\) ?_RDMA_STATIC_PREFIX_\((\w+)((?:, ?none)*)\)$`)
)

// parseStaticMacros finds both macros and checks that they have the expected form: N
// parameters, N addresses, one argument and N-1 fillers.
func parseStaticMacros(file string, data []byte) (staticMacros, error) {
	var m staticMacros
	toks, err := c.Scan(file, data)
	if err != nil {
		return m, err
	}
	if m.Prefix, err = oneDefine(file, data, toks, "_RDMA_STATIC_PREFIX_"); err != nil {
		return m, err
	}
	if m.Filler, err = oneDefine(file, data, toks, "_RDMA_STATIC_PREFIX"); err != nil {
		return m, err
	}
	prefix := prefixDefine.FindStringSubmatch(joinLines(m.Prefix.Text))
	if prefix == nil {
		return m, &PlaceError{
			File: file, Line: text.LineNumber(data, m.Prefix.Start),
			LookedFor: "#define _RDMA_STATIC_PREFIX_(_1, _2, …, ...) and addresses", Found: "a different form",
		}
	}
	params, addrs := splitComma(prefix[1]), splitComma(prefix[2])
	m.Places = len(params)
	for i := range params {
		want := "&verbs_provider_##_" + strconv.Itoa(i+1)
		if params[i] != "_"+strconv.Itoa(i+1) || len(addrs) != len(params) || addrs[i] != want {
			return m, &PlaceError{
				File: file, Line: text.LineNumber(data, m.Prefix.Start),
				LookedFor: fmt.Sprintf("parameter _%d and %s in _RDMA_STATIC_PREFIX_", i+1, want),
				Found:     fmt.Sprintf("%q, with %d parameters and %d addresses", params[i], len(params), len(addrs)),
			}
		}
	}
	filler := fillerDefine.FindStringSubmatch(joinLines(m.Filler.Text))
	if len(filler) != 4 || filler[1] != filler[2] || strings.Count(filler[3], staticNone) != m.Places-1 {
		return m, &PlaceError{
			File: file, Line: text.LineNumber(data, m.Filler.Start), Found: "a different form",
			LookedFor: fmt.Sprintf("_RDMA_STATIC_PREFIX(arg) that passes arg and %d times none", m.Places-1),
		}
	}
	return m, nil
}

// joinLines writes a macro on one line with single blanks.
func joinLines(macro string) string {
	return strings.TrimSpace(blankRun.ReplaceAllString(macro, " "))
}

func splitComma(s string) []string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// oneDefine finds the one #define of a function-like macro.
func oneDefine(file string, data []byte, toks []c.Token, name string) (c.Token, error) {
	var found c.Token
	var lines []int
	for _, t := range toks {
		if t.Kind == c.Directive && strings.HasPrefix(t.Text, "#define "+name+"(") {
			found, lines = t, append(lines, text.LineNumber(data, t.Start))
		}
	}
	return found, text.OnePlace(file, "one #define "+name+"(…)", lines)
}
