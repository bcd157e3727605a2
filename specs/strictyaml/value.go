// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/resnics/verbsmith/specs/edit"
)

// converter turns nodes into JSON values, and collects YAML features that data files may not
// use.
type converter struct {
	doc      *document
	mistakes []*Mistake
}

// value returns the document as JSON values, with the mistakes that are not the schema's.
func (d *document) value() (any, []*Mistake) {
	c := &converter{doc: d}
	v := c.node(d.root, "", 0)
	return v, c.mistakes
}

func (c *converter) add(n *yaml.Node, path, want, got string) {
	c.mistakes = append(c.mistakes, c.doc.mistake(n, path, want, got))
}

func (c *converter) node(n *yaml.Node, path string, depth int) any {
	if depth > maxDepth {
		c.add(n, "", "at most "+strconv.Itoa(maxDepth)+" levels", "more")
		return nil
	}
	if n.Anchor != "" {
		c.add(n, path, "a value without an anchor", edit.Printable("&"+n.Anchor))
	}
	if n.Style&yaml.TaggedStyle != 0 {
		c.add(n, path, "a value without a tag", edit.Printable(n.Tag))
	}
	switch n.Kind {
	case yaml.MappingNode:
		return c.mapping(n, path, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for i, item := range n.Content {
			list = append(list, c.node(item, itemPath(path, i), depth+1))
		}
		return list
	case yaml.ScalarNode:
		return c.scalar(n, path)
	case yaml.AliasNode:
		c.doc.aliases = true
		c.add(n, path, "the value itself", edit.Printable("the alias *"+n.Value))
	default:
		c.add(n, path, "a value", "something else")
	}
	return nil
}

func (c *converter) mapping(n *yaml.Node, path string, depth int) any {
	m := make(map[string]any, len(n.Content)/2)
	seen := make(map[string]int, len(n.Content)/2)
	kept := make([]*yaml.Node, 0, len(n.Content))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			c.add(key, path, "a word as key", describeNode(key))
			c.doc.aliases = true // it may be one, or what it merges
			continue
		}
		if key.Anchor != "" || key.Style&yaml.TaggedStyle != 0 {
			c.add(key, path, "a key without anchor or tag", quoted(key.Value))
		}
		at := fieldPath(path, key.Value)
		if line, ok := seen[key.Value]; ok {
			c.add(key, at, "each key once", "a repeated key, first in line "+strconv.Itoa(line))
			continue
		}
		seen[key.Value] = key.Line
		kept = append(kept, key, val)
		m[key.Value] = c.node(val, at, depth+1)
	}
	if len(kept) < len(n.Content) {
		c.doc.kept[n] = kept
	}
	return m
}

var decimal = regexp.MustCompile(`^-?(0|[1-9]\d*)$`)

// scalar resolves a scalar as the YAML 1.2 core schema does: there are no timestamps,
// and yes and no are words.
func (c *converter) scalar(n *yaml.Node, path string) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int":
		if decimal.MatchString(n.Value) {
			return json.Number(n.Value)
		}
		c.add(n, path, "a number in plain decimal digits, or text in quotes", n.Value)
		return json.Number("0")
	case "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			c.add(n, path, "a finite number in plain digits, or text in quotes", n.Value)
			return 0.5
		}
		return f
	default:
		return n.Value
	}
}

// describeNode describes a node, for the "got" of a mistake.
func describeNode(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return edit.Printable("the alias *" + n.Value)
	default:
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!bool":
		return "the truth value " + n.Value
	case "!!merge":
		return "the merge key <<"
	}
	return quoted(n.Value)
}
