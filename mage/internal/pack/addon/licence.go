// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider"
)

const (
	wantExpression = "a licence expression in one line, such as GPL-2.0 OR (MIT AND BSD-3-Clause)"
	licenceAnd     = "AND"
	licenceOr      = "OR"
	licenceWith    = "WITH"
)

// errNoLicence: the files of a package must state their licence.
var errNoLicence = errors.New("none of the provider's files has an SPDX-License-Identifier line")

var (
	spdxLine = regexp.MustCompile(`SPDX-License-Identifier:[ \t]*([^\r\n]*)`)
	// The end of a comment, a string or a box around it. No licence contains one.
	licenceEnd = regexp.MustCompile("\\*+/|\\*\\)|-->|\\]=*\\]|[?%#]>|#\\}|\\\\[nrt\"]|[\"'`](?:[^A-Za-z0-9]|$)|[ \\t][*#|]+[ \\t]*$")
	// A line that begins otherwise is text about such lines, not a licence.
	licenceBegin = regexp.MustCompile(`^(?:[A-Za-z0-9]|\([( \t]*(?:[A-Za-z0-9)]|$))`)
	licenceText  = regexp.MustCompile(`^[A-Za-z0-9.+:() \t-]+$`)
	licenceWord  = regexp.MustCompile(`[()]|[A-Za-z0-9.+:-]+`)
)

// licenceOf returns the package's License: from the provider's files or, if they have none, the
// manifest's.
//
// Errors: *provider.SourceError of the first licence that cannot be read as a whole.
func licenceOf(pr *provider.Provider, sources sourceFiles) (string, error) {
	licence, err := sources.licence()
	if wrong, ok := errors.AsType[*provider.SourceError](err); ok {
		wrong.File = filepath.Join(pr.Dir, filepath.FromSlash(wrong.File))
	}
	if !errors.Is(err, errNoLicence) {
		return licence, err
	}
	said, file := pr.Manifest.License, filepath.Join(pr.Dir, provider.ManifestName)
	if said == "" {
		return "", &provider.SourceError{File: file, Want: "license, or SPDX-License-Identifier lines in the sources", Got: "neither"}
	}
	words, problem := licenceWords(said)
	if problem != "" {
		return "", &provider.SourceError{File: file, Want: "license: " + wantExpression, Got: strconv.Quote(said) + ": " + problem}
	}
	for i, word := range words {
		words[i] = spdxName(word)
	}
	return licenceLine(words), nil
}

// spdxName gives SPDX's name for one that rdma-core's debian/copyright has.
func spdxName(debian string) string {
	switch debian {
	case "BSD-2-clause":
		return "BSD-2-Clause"
	case "BSD-3-clause":
		return "BSD-3-Clause"
	case "BSD-MIT":
		return "Linux-OpenIB"
	case "CC0":
		return "CC0-1.0"
	case "GPL-2":
		return "GPL-2.0-only"
	case "GPL-2+":
		return "GPL-2.0-or-later"
	}
	return debian
}

// licence joins the licences of all lines in the provider's files. One that cannot be parsed
// must not be dropped: it is a *provider.SourceError with the file's name in sourceFiles.
func (s sourceFiles) licence() (string, error) {
	var all [][]string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		data := s[name]
		for _, at := range spdxLine.FindAllSubmatchIndex(data, -1) {
			text := licenceIn(string(data[at[2]:at[3]]))
			if text == "" {
				continue
			}
			words, problem := licenceWords(text)
			if problem != "" {
				line := bytes.Count(data[:at[0]], []byte{'\n'}) + 1
				return "", &provider.SourceError{File: name, Line: line, Want: wantExpression, Got: strconv.Quote(text) + ": " + problem}
			}
			all = append(all, words)
		}
	}
	if len(all) == 0 {
		return "", errNoLicence
	}
	return joinLicences(all), nil
}

// licenceIn extracts the licence from the rest of its line, "" if that is
// text about such lines.
func licenceIn(rest string) string {
	if strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "'") {
		rest = rest[1:]
	}
	if end := licenceEnd.FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	if !licenceBegin.MatchString(rest) {
		return ""
	}
	return strings.TrimRight(rest, " \t")
}

// joinLicences returns the licence of a work to which all of them apply.
func joinLicences(all [][]string) string {
	slices.SortFunc(all, func(a, b []string) int { return strings.Compare(licenceLine(a), licenceLine(b)) })
	all = slices.CompactFunc(all, slices.Equal)
	lines := make([]string, len(all))
	for i, words := range all {
		lines[i] = licenceLine(words)
		if len(all) > 1 && joinsLicences(words) {
			lines[i] = "(" + lines[i] + ")"
		}
	}
	return strings.Join(lines, " "+licenceAnd+" ")
}

// joinsLicences reports whether AND or OR occurs outside all brackets.
func joinsLicences(words []string) bool {
	depth := 0
	for _, word := range words {
		switch word {
		case "(":
			depth++
		case ")":
			depth--
		case licenceAnd, licenceOr:
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

// licenceLine formats an expression.
func licenceLine(words []string) string {
	text := strings.Join(words, " ")
	return strings.ReplaceAll(strings.ReplaceAll(text, "( ", "("), " )", ")")
}

// licenceWords splits an expression: operators in capitals, no brackets
// around the whole, nor around others alone. What is not an SPDX licence, such as the
// "OpenIB.org BSD (MIT) See COPYING file" of some of upstream's files, stays as it
// is. problem says what is wrong.
func licenceWords(text string) (words []string, problem string) {
	if !licenceText.MatchString(text) {
		return nil, "invalid characters"
	}
	words = licenceWord.FindAllString(text, -1)
	for i, word := range words {
		if upper := strings.ToUpper(word); isLicenceOperator(upper) {
			words[i] = upper
		}
	}
	for i, word := range words {
		switch {
		case isLicenceOperator(word) && !(isOperand(words, i-1, ")") && isOperand(words, i+1, "(")):
			return nil, fmt.Sprintf("want a licence on both sides of %s", word)
		case word == "(" && i+1 < len(words) && words[i+1] == ")":
			return nil, "empty brackets"
		}
	}
	pairs, ok := bracketPairs(words)
	if !ok {
		return nil, "unbalanced brackets"
	}
	return withoutDoubled(words, pairs), ""
}

func isLicenceOperator(word string) bool {
	return word == licenceAnd || word == licenceOr || word == licenceWith
}

// isOperand reports whether a licence, or a bracket of an expression, is at a place.
func isOperand(words []string, at int, bracket string) bool {
	if at < 0 || at >= len(words) || isLicenceOperator(words[at]) {
		return false
	}
	return words[at] == bracket || words[at] != "(" && words[at] != ")"
}

// bracketPairs maps each opening bracket to its closing one.
func bracketPairs(words []string) (pairs map[int]int, ok bool) {
	pairs = map[int]int{}
	var open []int
	for i, word := range words {
		switch word {
		case "(":
			open = append(open, i)
		case ")":
			if len(open) == 0 {
				return nil, false
			}
			pairs[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return pairs, len(open) == 0
}

// withoutDoubled removes the brackets around everything, and those that contain
// nothing but another pair.
func withoutDoubled(words []string, pairs map[int]int) []string {
	first, last := 0, len(words)-1
	for words[first] == "(" && pairs[first] == last {
		first, last = first+1, last-1
	}
	gone := map[int]bool{}
	for open := first; open < last; open++ {
		if words[open] == "(" && words[open+1] == "(" && pairs[open+1] == pairs[open]-1 {
			gone[open], gone[pairs[open]] = true, true
		}
	}
	var out []string
	for i := first; i <= last; i++ {
		if !gone[i] {
			out = append(out, words[i])
		}
	}
	return out
}
