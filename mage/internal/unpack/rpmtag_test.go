// SPDX-License-Identifier: Apache-2.0

package unpack

import (
	"encoding/binary"
	"testing"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// A value lies in the store, whatever the index of a hostile package says.
func TestTagLiesInTheStore(t *testing.T) {
	store := []byte("ab\x00c\x00")
	for _, tt := range []struct {
		name                string
		kind, offset, count int32
		ok                  bool
	}{
		{"a string", rpmutils.RPM_STRING_TYPE, 0, 1, true},
		{"the last string", rpmutils.RPM_STRING_TYPE, 3, 1, true},
		{"its end", rpmutils.RPM_STRING_TYPE, 4, 1, true},
		{"a string at the store's end", rpmutils.RPM_STRING_TYPE, 5, 1, false},
		{"a string behind the store", rpmutils.RPM_STRING_TYPE, 6, 1, false},
		{"a string far behind", rpmutils.RPM_STRING_TYPE, 1 << 30, 1, false},
		{"a string before the store", rpmutils.RPM_STRING_TYPE, -1, 1, false},
		{"two strings as one", rpmutils.RPM_STRING_TYPE, 0, 2, false},
		{"all strings", rpmutils.RPM_STRING_ARRAY_TYPE, 0, 2, true},
		{"a string too many", rpmutils.RPM_STRING_ARRAY_TYPE, 0, 3, false},
		{"none", rpmutils.RPM_STRING_ARRAY_TYPE, 0, 0, false},
		{"a number", rpmutils.RPM_INT32_TYPE, 1, 1, true},
		{"a number across the end", rpmutils.RPM_INT32_TYPE, 2, 1, false},
		{"bytes", rpmutils.RPM_BIN_TYPE, 0, 5, true},
		{"a byte too many", rpmutils.RPM_BIN_TYPE, 0, 6, false},
		{"nothing behind the store", rpmutils.RPM_NULL_TYPE, 6, 1, false},
		{"an unknown type", 99, 0, 1, false},
	} {
		var index []byte
		for _, field := range []int32{rpmutils.NAME, tt.kind, tt.offset, tt.count} {
			index = binary.BigEndian.AppendUint32(index, uint32(field))
		}
		if _, err := checkTag(index, store); (err == nil) != tt.ok {
			t.Errorf("%s: got %v, want it taken: %t", tt.name, err, tt.ok)
		}
	}
}
