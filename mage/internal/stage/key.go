// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"encoding/json"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/scripts"
)

// ScriptKey begins the key of a stage that runs embedded scripts: they are an
// input like any other.
func ScriptKey(stage string, version int, names ...string) (*stagecache.KeyBuilder, error) {
	key := stagecache.NewKey(stage, version)
	for _, name := range names {
		text, err := scripts.Read(name)
		if err != nil {
			return nil, err
		}
		key = key.Bytes(name, text)
	}
	return key, nil
}

// KeyText is a value for a key: its fields' values, those behind pointers too.
func KeyText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("a key's input has a field that JSON does not know: %v", err)) // a fault of ours
	}
	return string(text)
}
