// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Mage ends with the status that diagnose's error has.
func TestDiagnoseStatus(t *testing.T) {
	dir := t.TempDir()
	with := filepath.Join(dir, "with")
	putFile(t, filepath.Join(with, "sys/class/infiniband/rib0/node_guid"), "0\n")
	putFile(t, filepath.Join(dir, "without/x"), "")
	for root, want := range map[string]struct {
		status int
		text   string
	}{
		with: {1, "programs cannot use 1 of 1 verbs devices"}, filepath.Join(dir, "without"): {2, "there is no libibverbs to ask about"},
		filepath.Join(dir, "none"): {3, "failed, see above"}, " ": {3, "failed, see above"},
	} {
		out, err := os.Create(filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		stdout, stderr := os.Stdout, os.Stderr
		os.Stdout, os.Stderr = out, out
		err = Diagnose(t.Context(), DiagnoseFlags{Root: &root, JSON: new(true)})
		os.Stdout, os.Stderr = stdout, stderr
		status, ok := err.(interface{ ExitStatus() int }) // as mage looks at it
		if !ok || status.ExitStatus() != want.status || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%q: got %#v", root, err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
