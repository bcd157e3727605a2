// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tree is a tree in memory: files by name.
type Tree map[string]string

// ReadFile returns a file, or fs.ErrNotExist.
func (t Tree) ReadFile(name string) ([]byte, error) {
	s, ok := t[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(s), nil
}

// WriteFile sets a file.
func (t Tree) WriteFile(name string, data []byte) error {
	t[name] = string(data)
	return nil
}

// Release is a minimal source tree with every edited place and two stock providers, ant and
// wasp.
func Release() Tree {
	return Tree{
		"CMakeLists.txt": `project(small C)
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
		"kernel-headers/CMakeLists.txt": `publish_internal_headers(rdma
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
		"kernel-headers/rdma/ib_user_ioctl_verbs.h": "enum rdma_driver_id {\n\tRDMA_DRIVER_UNKNOWN,\n" +
			"\tRDMA_DRIVER_ANT,\n\tRDMA_DRIVER_WASP,\n};\n",
		"libibverbs/verbs.h": Verbs,
		"MAINTAINERS": "Who looks after what\n\n" +
			"ANT USERSPACE PROVIDER (for ant.ko)\nM:\tAnn <ann@host.example>\nS:\tSupported\nF:\tproviders/ant/\n\n" +
			"WASP USERSPACE PROVIDER (for wasp.ko)\nM:\tWes <wes@host.example>\nS:\tSupported\nF:\tproviders/wasp/\n",
		"README.md": "Drivers:\n\n - ant.ko\n - wasp.ko\n\nDaemons:\n - hive (hive.ko)\n",
	}
}

// Verbs is verbs.h of such a tree.
const Verbs = `#ifdef RDMA_STATIC_PROVIDERS
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

// Manifest is a manifest without mistakes.
const Manifest = `name: fly
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

// Folder is a provider's directory; change sets, replaces or (with "") drops files.
func Folder(t *testing.T, change map[string]string) string {
	t.Helper()
	files := map[string]string{
		"provider.yaml":  Manifest,
		"CMakeLists.txt": "rdma_provider(fly\n  fly.c\n  sub/fast.c\n  )\n",
		"fly.c":          "int fly;\n", "sub/fast.c": "int fast;\n", "fly-abi.h": "/* abi */\n",
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

// WantText compares and shows both.
func WantText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// WantError looks for parts of an error's text; no parts mean no error.
func WantError(t *testing.T, err error, parts ...string) {
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

// CRLF returns a text with the line ends of another system.
func CRLF(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// Map is a version map of two nodes.
const Map = `/* what libfly
   has */
FLY_1.0 { # the first
	global:
		flydv_land;
		flydv_open; flydv_close;
	local: *;
};

FLY_1.1 {
	global:
		flydv_land;
	local:
		flydv_*; "x y";
} FLY_1.0;
`

// Source is the source of a valid provider.
const Source = `// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "fly.h"

static struct verbs_context *fly_open(struct ibv_device *d, int fd, void *p)
{
	struct fly_context *ctx;

	ctx = verbs_init_and_alloc_context(d, fd, ctx, vctx,
					   RDMA_DRIVER_FLY);
	return &ctx->vctx;
}

static const struct verbs_match_ent fly_table[] = {
	VERBS_DRIVER_ID(RDMA_DRIVER_FLY),
	VERBS_NAME_MATCH("fly", NULL),
	{},
};

static const struct verbs_device_ops fly_dev_ops = {
	.name = "fly",
	.match_min_abi_version = FLY_MIN_ABI,
	.match_max_abi_version = FLY_ABI,
	.match_table = fly_table,
	.alloc_device = fly_alloc,
	.alloc_context = fly_open,
};
PROVIDER_DRIVER(fly, fly_dev_ops);
`

// Header is the header that Source includes.
const Header = `/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#define FLY_MIN_ABI 1
#define FLY_ABI 2
`

// ABIHeader is the header that the kernel shares.
const ABIHeader = `/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR Linux-OpenIB) */
struct fly_resp {
	__u32 number;
};
`

// CMake is the CMakeLists.txt of the provider.
const CMake = "# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB\nrdma_provider(fly\n  fly.c\n  sub/fast.c\n  )\n"

// Fly is a valid provider; change is as in Folder.
func Fly(t *testing.T, change map[string]string) string {
	t.Helper()
	files := map[string]string{
		"CMakeLists.txt": CMake, "fly.c": Source, "fly.h": Header, "fly-abi.h": ABIHeader,
		"sub/fast.c": "/* SPDX-License-Identifier: MIT */\n",
	}
	maps.Copy(files, change)
	return Folder(t, files)
}

// WantLines compares each finding with its expected beginning and, after a "…", another part of
// it.
func WantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(got); i++ {
		head, more, _ := strings.Cut(want[i], "…")
		ok = strings.HasPrefix(got[i], head) && strings.Contains(got[i], more)
	}
	if !ok {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Replace replaces a text that must exist.
func Replace(t *testing.T, text, old, with string) string {
	t.Helper()
	out := strings.Replace(text, old, with, 1)
	if out == text {
		t.Fatalf("no %q in:\n%s", old, text)
	}
	return out
}
