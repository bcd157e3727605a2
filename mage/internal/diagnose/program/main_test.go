// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree is a machine with a device for which there is no libibverbs.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"sys/class/infiniband/rib0/node_guid":            "0011:2233:4455:6677\n",
		"sys/class/infiniband_verbs/abi_version":         "6\n",
		"sys/class/infiniband_verbs/uverbs0/ibdev":       "rib0\n",
		"sys/class/infiniband_verbs/uverbs0/dev":         "231:192\n",
		"sys/class/infiniband_verbs/uverbs0/abi_version": "1\n",
		"dev/infiniband/uverbs0":                         "",
		"etc/libibverbs.d/rib.driver":                    "driver rib\n",
		"usr/lib64/libibverbs/librib-rdmav34.so":         "",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestStatus(t *testing.T) {
	with, without := tree(t), t.TempDir()
	for _, tt := range []struct {
		args   []string
		status int
		out    string
		err    string
	}{
		{[]string{"-root=" + with}, 1, "  rib0: there is no libibverbs.so.1\n", ""},
		{[]string{"-root=" + with, "-json"}, 1, `"reason": "no-libibverbs"`, ""},
		{[]string{"-root=" + without}, 2, "there is no libibverbs.so.1", ""},
		{[]string{"-packages=" + filepath.Join(without, "none.rpm")}, 3, "", "no such file or directory"},
		{[]string{"-packages=" + without}, 3, "", "has none (.rpm, .deb)"},
		{[]string{"-root=" + filepath.Join(without, "none")}, 3, "", "no such file or directory"},
		{[]string{"-no"}, 3, "", "flag provided but not defined"},
		{[]string{"rib0"}, 3, "", `unknown argument "rib0"`},
		{[]string{"-h"}, 0, "", "-root directory"},
	} {
		var out, errs bytes.Buffer
		status := run(t.Context(), tt.args, 0, &out, &errs)
		if status != tt.status || !strings.Contains(out.String(), tt.out) || !strings.Contains(errs.String(), tt.err) {
			t.Errorf("%q: got the status %d, want %d\n%s%s", tt.args, status, tt.status, out.String(), errs.String())
		}
	}
}

// The JSON is one value, and lists are never null.
func TestJSON(t *testing.T) {
	var out bytes.Buffer
	run(t.Context(), []string{"-json", "-root=" + t.TempDir()}, 0, &out, &out)
	var all map[string]any
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"devices", "libraries", "providers", "findings", "notAsked"} {
		if _, ok := all[name].([]any); !ok {
			t.Errorf("%s is %v", name, all[name])
		}
	}
}
