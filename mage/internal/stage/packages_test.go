// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

func TestPackagesLeavesDebuggingDataOut(t *testing.T) {
	dir := t.TempDir()
	d := artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Files: []artifact.Output{
		{Path: "SRPMS/rdma-core-56.1-1.src.rpm"}, {Path: "SPECS/rdma-core.spec"},
	}}}
	if files, names, err := stage.Installable(d); err != nil || len(files) != 0 || len(names) != 0 {
		t.Errorf("neither a source package nor a spec is installed: %v %v %v", files, names, err)
	}
	d.Manifest.Files = []artifact.Output{{Path: "RPMS/x86_64/broken.rpm"}}
	if err := os.MkdirAll(filepath.Join(dir, "RPMS/x86_64"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "RPMS/x86_64/broken.rpm"), []byte("no rpm"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := stage.Installable(d); err == nil {
		t.Error("a damaged package is an error")
	}
}
