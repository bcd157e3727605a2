// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// fieldPath and itemPath extend a path by a key and by an index.
func fieldPath(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return path + "[" + quoted(key) + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

func itemPath(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// pathOf writes the tokens of an instance location as a path. Whether a token is an
// index or a key is decided by the node that it leads into.
func (d *document) pathOf(tokens []string) string {
	path, n := "", d.root
	for _, tok := range tokens {
		if i, err := strconv.Atoi(tok); err == nil && n != nil && n.Kind == yaml.SequenceNode {
			path = itemPath(path, i)
		} else {
			path = fieldPath(path, tok)
		}
		n = d.child(n, tok)
	}
	return path
}

// node returns the node at an instance location, or nil.
func (d *document) node(tokens []string) *yaml.Node {
	n := d.root
	for _, tok := range tokens {
		n = d.child(n, tok)
	}
	return n
}

// index returns where the keys of a mapping are in its Content; the first of two alike.
func (d *document) index(mapping *yaml.Node) map[string]int {
	if known, ok := d.keys[mapping]; ok {
		return known
	}
	index := make(map[string]int, len(mapping.Content)/2)
	for i := len(mapping.Content) - 2; i >= 0; i -= 2 {
		index[mapping.Content[i].Value] = i
	}
	d.keys[mapping] = index
	return index
}

// child returns the value under a key or an index, or nil.
func (d *document) child(n *yaml.Node, token string) *yaml.Node {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		if i, ok := d.index(n)[token]; ok {
			return n.Content[i+1]
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	default:
	}
	return nil
}

// key returns the node of a key itself, or nil.
func (d *document) key(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	if i, ok := d.index(n)[name]; ok {
		return n.Content[i]
	}
	return nil
}

// at returns the node that a path leads to, or the last one on the way that exists.
func (d *document) at(path string) *yaml.Node {
	n := d.root
	for _, tok := range splitPath(path) {
		next := d.child(n, tok)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// splitPath is the inverse of fieldPath and itemPath.
func splitPath(path string) []string {
	var tokens []string
	for path != "" {
		switch {
		case path[0] == '.':
			path = path[1:]
		case strings.HasPrefix(path, `["`):
			q, err := strconv.QuotedPrefix(path[1:])
			if err != nil {
				return tokens
			}
			tok, _ := strconv.Unquote(q) // QuotedPrefix has just accepted it
			tokens = append(tokens, tok)
			path = strings.TrimPrefix(path[1+len(q):], "]")
		case path[0] == '[':
			tok, rest, _ := strings.Cut(path[1:], "]")
			tokens = append(tokens, tok)
			path = rest
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			tokens = append(tokens, path[:end])
			path = path[end:]
		}
	}
	return tokens
}
