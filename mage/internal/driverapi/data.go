// SPDX-License-Identifier: Apache-2.0

package driverapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

// DataFile is the path of the recorded history, from the repository's root.
const DataFile = "mage/internal/driverapi/api.json"

//go:embed api.json
var data []byte

// Known is the history embedded in the program.
//
//nolint:gochecknoglobals // decoded once, at the first compile error
var Known = sync.OnceValues(func() (*History, error) {
	var h History
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return nil, fmt.Errorf("%s: %w", DataFile, err)
	}
	return &h, nil
})

// JSON is the history as in api.json: one item per line, so that a new release is a small diff.
func (h *History) JSON() ([]byte, error) {
	head := *h
	head.Items = nil
	text, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("encode the history: %w", err)
	}
	var out bytes.Buffer
	out.Write(bytes.TrimSuffix(text, []byte("null}")))
	out.WriteString("[\n")
	for i, item := range h.Items {
		line, err := json.Marshal(item)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", item.Name, err)
		}
		out.WriteString("  ")
		out.Write(line)
		if i < len(h.Items)-1 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
	}
	out.WriteString("]}\n")
	return out.Bytes(), nil
}
