// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

func TestProvided(t *testing.T) {
	d := artifact.Dist{Dir: t.TempDir(), Manifest: artifact.Manifest{Provider: "fly"}}
	add := func(name string) string {
		d.Manifest.Files = append(d.Manifest.Files, artifact.Output{Path: name})
		return filepath.Join(d.Dir, name)
	}
	rpmtest.WriteNamed(t, add("libibverbs.rpm"), "libibverbs", "/usr/lib64/libibverbs/libfly-rdmav34.so", "/usr/lib64/libibverbs.so.1", "/etc/libibverbs.d/fly.driver")
	rpmtest.WriteNamed(t, add("utils.rpm"), "libibverbs-utils", "/usr/bin/ibv_devices")
	rpmtest.WriteNamed(t, add("debug.rpm"), "libibverbs-debuginfo", "/usr/lib/debug/libfly-rdmav34.so.debug")
	add("manifest.json")
	want := map[string][]string{"libibverbs": {"/etc/libibverbs.d/fly.driver", "/usr/lib64/libibverbs/libfly-rdmav34.so"}}
	if got, err := Provided(t.Context(), d); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if err := os.WriteFile(add("a_1_amd64.deb"), []byte("no package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Provided(t.Context(), d); err == nil || !strings.Contains(err.Error(), "a_1_amd64.deb") {
		t.Errorf("a damaged package: got %v", err)
	}
}
