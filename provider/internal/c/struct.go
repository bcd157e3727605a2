// SPDX-License-Identifier: Apache-2.0

package c

// Struct is a struct or union of a file, outside any other.
type Struct struct {
	Name   string
	At     int
	Tokens []Token // from struct or union to the token before its ;
}

// Structs returns the definitions outside any bracket but extern "C" {}.
func Structs(toks []Token) []Struct {
	var found []Struct
	for i := 0; i < len(toks); i++ {
		switch {
		case toks[i].Text == "extern" && i+2 < len(toks) && toks[i+1].Kind == Text && toks[i+2].Text == "{":
			i += 2
		case toks[i].Text == "struct" || toks[i].Text == "union":
			s, end := structAt(toks, i)
			if s.Tokens != nil {
				found = append(found, s)
			}
			i = end
		case toks[i].Text == "{" || toks[i].Text == "(":
			if end := Closing(toks, i); end > 0 {
				i = end
			}
		}
	}
	return found
}

// structAt reads struct [attributes] [NAME] { … } up to its semicolon.
func structAt(toks []Token, i int) (s Struct, end int) {
	j := i + 1
	for j < len(toks) && toks[j].Text != "{" {
		switch {
		case toks[j].Text == "(" && Closing(toks, j) > 0:
			j = Closing(toks, j)
		case toks[j].Kind == Word:
			s.Name = toks[j].Text
		case toks[j].Text == ";" || toks[j].Text == "=":
			return Struct{}, j // only named, not defined
		}
		j++
	}
	if j >= len(toks) {
		return Struct{}, j
	}
	if end = Closing(toks, j); end < 0 {
		return Struct{}, j
	}
	for end+1 < len(toks) && toks[end+1].Text != ";" && toks[end+1].Kind != Directive {
		end++
	}
	s.At, s.Tokens = toks[i].Start, toks[i:end+1]
	if s.Name == "" { // so that its first two tokens are as those of the others
		s.Tokens = append([]Token{toks[i], {Kind: Word, Start: toks[i].Start}}, toks[i+1:end+1]...)
	}
	return s, end
}
