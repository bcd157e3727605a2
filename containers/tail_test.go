// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	many := make([]string, 0, 25)
	for i := range 25 {
		many = append(many, fmt.Sprint("line ", i))
	}
	for name, test := range map[string]struct {
		writes, want []string
	}{
		"nothing":          {nil, nil},
		"last of many":     {[]string{strings.Join(many, "\n") + "\n"}, many[5:]},
		"in pieces":        {[]string{"on", "e\ntw", "o"}, []string{"one", "two"}},
		"empty lines":      {[]string{"one\n\n \n\ntwo\n"}, []string{"one", "two"}},
		"progress bars":    {[]string{"10%\r50%\r", "100%\ndone\r\n"}, []string{"100%", "done"}},
		"endless line":     {[]string{strings.Repeat("x", 5000), "\nnext\n"}, []string{strings.Repeat("x", tailWidth), "next"}},
		"nothing new line": {[]string{"\n"}, nil},
	} {
		var last tail
		for _, text := range test.writes {
			if n, err := last.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
		if got := last.last(); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
