// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"
)

// SetField sets a field of a document to a value as it is written in YAML, on the line that it has or on a new one after another
// field; every other byte stays. It returns the text as it is if it cannot, so decode the result and compare.
func SetField(text []byte, key, value, after string) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	fields := topFields(text)
	if old := fields[key]; old != nil {
		line := lines[old.Line-1]
		for _, spelling := range []string{`"` + old.Value + `"`, `'` + old.Value + `'`, old.Value} {
			if at := min(old.Column-1, len(line)); bytes.HasPrefix(line[at:], []byte(spelling)) {
				lines[old.Line-1] = slices.Concat(line[:at], []byte(value), line[at+len(spelling):])
				return bytes.Join(lines, nil)
			}
		}
		return text
	}
	above := fields[after]
	if above == nil {
		return text
	}
	end := "\n"
	switch line := lines[above.Line-1]; {
	case bytes.HasSuffix(line, []byte("\r\n")):
		end = "\r\n"
	case !bytes.HasSuffix(line, []byte("\n")):
		lines[above.Line-1] = slices.Concat(line, []byte("\n"))
	}
	return bytes.Join(slices.Insert(lines, above.Line, []byte(key+": "+value+end)), nil)
}

// topFields are the values of a document's fields, with their places.
func topFields(text []byte) map[string]*yaml.Node {
	var doc yaml.Node
	if yaml.Unmarshal(text, &doc) != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	found := map[string]*yaml.Node{}
	for pair := range slices.Chunk(doc.Content[0].Content, 2) { //nolint:mnd // a key and its value
		found[pair[0].Value] = pair[1]
	}
	return found
}
