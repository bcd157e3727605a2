// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// flyFolder is a provider with a library, a page and a rule.
func flyFolder(t *testing.T) *provider.Provider {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"provider.yaml": "name: fly\ndescription: Fly\nmaintainer: {name: Flo, email: flo@host.example}\ndriverID: {policy: none}\n" +
			"cmake: {coherentDMA: true}\ndevice: {name: fly0}\nreplacesUpstream: true\n",
		"CMakeLists.txt": "rdma_shared_provider(fly libfly.map 1 1.0.${PACKAGE_VERSION} fly.c)\npublish_headers(infiniband flydv.h)\n" +
			"rdma_pkg_config(\"fly\" a b)\nrdma_man_pages(flydv.7.md)\ninstall(FILES 70-fly.rules DESTINATION \"${CMAKE_INSTALL_UDEV_RULESDIR}\")\n",
		"libfly.map": "FLY_1.0 { global: flydv_open; local: *; };\n", "fly.c": "int fly;\n", "flydv.h": "\n", "flydv.7.md": "x\n",
		"70-fly.rules": "#\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pr, err := provider.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return pr
}

func TestPayload(t *testing.T) {
	want := rpmspec.Payload{
		Name: "fly", SoMajor: "1", Coherent: true, Headers: []string{"flydv.h"}, PkgConfig: true,
		Pages: []rpmspec.Page{{Section: 7, Name: "flydv"}}, Files: []rpmspec.File{{Dir: rpmspec.UdevRules, Name: "70-fly.rules"}},
	}
	if got := payload(flyFolder(t)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// The release's own provider had a page more, and another description.
func TestSpecProviderReplaces(t *testing.T) {
	const before = "Name: a\n%package -n libibverbs\nProvides: libfly = %{version}-%{release}\nObsoletes: libfly < %{version}-%{release}\n" +
		"%description -n libibverbs\n- libfly: Old\n%files\n%files devel\n%{_libdir}/lib*.so\n%{_includedir}/infiniband/*\n" +
		"%{_libdir}/pkgconfig/*.pc\n%{_mandir}/man3/flydv*\n%{_mandir}/man7/flydv*\n%files -n libibverbs\n%{_libdir}/libfly.so.*\n"
	want := strings.NewReplacer("Old", "Fly", "%{_mandir}/man3/flydv*\n", "", "%files\n", "%files\n%{_prefix}/lib/udev/rules.d/70-fly.rules\n").Replace(before)
	tree := t.TempDir()
	for name, text := range map[string]string{
		"CMakeLists.txt":               "add_subdirectory(providers/fly)\nadd_subdirectory(providers/fly/man)\n",
		"providers/fly/CMakeLists.txt": "rdma_shared_provider(fly libfly.map 1 1.0 fly.c)\npublish_headers(infiniband ../../kernel-headers/rdma/x.h)\ninstall(TARGETS x)\n",
		"providers/fly/libfly.map":     "FLY_1.0 { global: flydv_open; };\n", "providers/fly/fly.c": "\n",
		"providers/fly/man/CMakeLists.txt": "rdma_man_pages(flydv_open.3.md)\n", "providers/fly/man/flydv_open.3.md": "x\n",
	} {
		if err := os.MkdirAll(filepath.Join(tree, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(tree, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pr := flyFolder(t)
	old, err := replacedIn(pr, tree)
	if err != nil || old == nil || old.Library() == nil || len(old.ManPages()) != 1 || len(old.Library().Headers) != 1 {
		t.Fatalf("old %+v: %v", old, err)
	}
	spec, err := rpmspec.Parse("s", []byte(before))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := specProvider(spec, artifact.ReleaseSpec, pr, old); err != nil {
			t.Fatal(err)
		}
		if got := string(spec.Bytes()); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	}
	if none, err := replacedIn(pr, t.TempDir()); err != nil || none != nil {
		t.Errorf("a release without it: %+v, %v", none, err)
	}
}
