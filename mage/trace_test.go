// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"slices"
	"testing"
)

func TestTakeTrace(t *testing.T) {
	for _, tt := range []struct {
		args, want []string
		file       string
	}{
		{[]string{"rpm", "-trace=out.json", "-rdma=56.1"}, []string{"rpm", "-rdma=56.1"}, "out.json"},
		{[]string{"--trace=a b", "build"}, []string{"build"}, "a b"},
		{[]string{"rpm", "-trace="}, []string{"rpm"}, ""},
		{[]string{"rpm", "trace=x", "-tracer=x", "-trace"}, []string{"rpm", "trace=x", "-tracer=x", "-trace"}, "as it was"},
	} {
		t.Setenv("VERBSMITH_TRACE", "as it was")
		given := slices.Clone(tt.args)
		if got := takeTrace(tt.args); !slices.Equal(got, tt.want) || os.Getenv("VERBSMITH_TRACE") != tt.file {
			t.Errorf("%q: got %q and %q", tt.args, got, os.Getenv("VERBSMITH_TRACE"))
		}
		if !slices.Equal(given, tt.args) {
			t.Errorf("the arguments were changed to %q", tt.args)
		}
	}
}
