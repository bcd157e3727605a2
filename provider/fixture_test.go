// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// memTree is a tree without a folder.
type memTree map[string]string

func (t memTree) ReadFile(name string) ([]byte, error) {
	s, ok := t[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(s), nil
}

func (t memTree) WriteFile(name string, data []byte) error {
	t[name] = string(data)
	return nil
}

// smallRelease is a source tree of the least that has every place: two stock
// providers, ant and wasp.
func smallRelease() memTree {
	return memTree{
		TopCMake: `project(small C)
set(IBVERBS_PABI_VERSION "34")
if (HAVE_COHERENT_DMA)
add_subdirectory(providers/ant) # NO SPARSE
add_subdirectory(providers/wasp)
add_subdirectory(providers/wasp/man)
endif()

add_subdirectory(providers/gnat)
if (NOT HAVE_COHERENT_DMA)
  message(STATUS "no coherent DMA")
endif()
set(CMAKE_INSTALL_UDEV_RULESDIR "lib/udev/rules.d"
  CACHE PATH "udev")
set(CMAKE_INSTALL_MODPROBEDIR "etc/modprobe.d")
`,
		HeadersCMake: `publish_internal_headers(rdma
  rdma/ant-abi.h
  rdma/wasp-abi.h
  )
publish_internal_headers(rdma/bee
  rdma/bee/bee.h
  )
function(rdma_kernel_provider_abi)
  message("${ARGN}")
endfunction()
rdma_kernel_provider_abi(
  rdma/ant-abi.h
  rdma/wasp-abi.h
  )
`,
		DriverHeader: "enum rdma_driver_id {\n\tRDMA_DRIVER_UNKNOWN,\n\tRDMA_DRIVER_ANT,\n\tRDMA_DRIVER_WASP,\n};\n",
		VerbsHeader:  smallVerbs,
		Maintainers:  "Who looks after what\n\nANT USERSPACE PROVIDER (for ant.ko)\nM:\tAnn <ann@host.example>\nS:\tSupported\nF:\tproviders/ant/\n\nWASP USERSPACE PROVIDER (for wasp.ko)\nM:\tWes <wes@host.example>\nS:\tSupported\nF:\tproviders/wasp/\n",
		Readme:       "Drivers:\n\n - ant.ko\n - wasp.ko\n\nDaemons:\n - hive (hive.ko)\n",
	}
}

const smallVerbs = `#ifdef RDMA_STATIC_PROVIDERS
#define _RDMA_STATIC_PREFIX_(_1, _2, ...)                                      \
	&verbs_provider_##_1, &verbs_provider_##_2
#define _RDMA_STATIC_PREFIX(arg)                                               \
	_RDMA_STATIC_PREFIX_(arg, none)

extern const struct verbs_device_ops verbs_provider_ant;
extern const struct verbs_device_ops verbs_provider_wasp;
extern const struct verbs_device_ops verbs_provider_all;
extern const struct verbs_device_ops verbs_provider_none;
#endif
`

const smallManifest = `name: fly
description: A small provider
maintainer:
  name: Flo
  email: flo@host.example
abiHeader: fly-abi.h
driverID:
  constant: RDMA_DRIVER_FLY
  policy: next
kernelModule: fly.ko
cmake:
  coherentDMA: true
device:
  name: fly0
privateFiles: [README.md, lab/, "*~"]
`

// smallFolder is a provider's folder; change sets, replaces or (with "") drops files.
func smallFolder(t *testing.T, change map[string]string) string {
	t.Helper()
	files := map[string]string{
		ManifestName: smallManifest,
		cmakeName:    "rdma_provider(fly\n  fly.c\n  sub/fast.c\n  )\n",
		"fly.c":      "int fly;\n", "sub/fast.c": "int fast;\n", "fly-abi.h": "/* abi */\n",
		"README.md": "not for rdma-core\n", "lab/notes": "not either\n", ".git/HEAD": "ref\n", "fly.c~": "old\n",
	}
	maps.Copy(files, change)
	dir := filepath.Join(t.TempDir(), "fly")
	for name, text := range files {
		if text == "" {
			continue
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func smallProvider(t *testing.T, manifestEdits ...string) *Provider {
	t.Helper()
	p, err := Load(t.Context(), smallFolder(t, map[string]string{ManifestName: strings.NewReplacer(manifestEdits...).Replace(smallManifest)}))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wantText compares and shows both.
func wantText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// wantError looks for parts of an error's text; no parts mean no error.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if len(parts) == 0 {
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		return
	}
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
