// SPDX-License-Identifier: Apache-2.0

package provider

// abiStruct is a struct or union of a file, outside of any other.
type abiStruct struct {
	name string
	at   int
	toks []cToken // from struct or union to the token before its ;
}

// abiStructs gives the definitions outside of any bracket but extern "C" {}.
func abiStructs(toks []cToken) []abiStruct {
	var found []abiStruct
	for i := 0; i < len(toks); i++ {
		switch {
		case toks[i].Text == "extern" && i+2 < len(toks) && toks[i+1].Kind == cText && toks[i+2].Text == "{":
			i += 2
		case toks[i].Text == "struct" || toks[i].Text == "union":
			s, end := abiStructAt(toks, i)
			if s.toks != nil {
				found = append(found, s)
			}
			i = end
		case toks[i].Text == "{" || toks[i].Text == "(":
			if end := closing(toks, i); end > 0 {
				i = end
			}
		}
	}
	return found
}

// abiStructAt reads struct [attributes] [NAME] { … } up to its semicolon.
func abiStructAt(toks []cToken, i int) (s abiStruct, end int) {
	j := i + 1
	for j < len(toks) && toks[j].Text != "{" {
		switch {
		case toks[j].Text == "(" && closing(toks, j) > 0:
			j = closing(toks, j)
		case toks[j].Kind == cWord:
			s.name = toks[j].Text
		case toks[j].Text == ";" || toks[j].Text == "=":
			return abiStruct{}, j // only named, not defined
		}
		j++
	}
	if j >= len(toks) {
		return abiStruct{}, j
	}
	if end = closing(toks, j); end < 0 {
		return abiStruct{}, j
	}
	for end+1 < len(toks) && toks[end+1].Text != ";" && toks[end+1].Kind != cDirective {
		end++
	}
	s.at, s.toks = toks[i].Start, toks[i:end+1]
	if s.name == "" { // so that its first two tokens are as those of the others
		s.toks = append([]cToken{toks[i], {Kind: cWord, Start: toks[i].Start}}, toks[i+1:end+1]...)
	}
	return s, end
}
