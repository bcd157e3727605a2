// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// listTree is a providertest.Tree that can do all that DirTree can.
type listTree struct{ providertest.Tree }

func (t listTree) List(dir string) ([]string, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.Tree)) {
		if strings.HasPrefix(name, dir+"/") {
			names = append(names, name)
		}
	}
	return names, nil
}

func (t listTree) WriteAll(files []Written) error {
	for _, f := range files {
		if f.Remove {
			delete(t.Tree, f.Name)
		} else {
			t.Tree[f.Name] = string(f.Data)
		}
	}
	return nil
}

func loadWith(t *testing.T, manifest string, change map[string]string) *Provider {
	t.Helper()
	files := map[string]string{ManifestName: manifest}
	maps.Copy(files, change)
	p, err := Load(t.Context(), providertest.Folder(t, files))
	providertest.WantError(t, err)
	return p
}

// integrateTwice integrates, wants the second time to change nothing, and gives
// the tree.
func integrateTwice(t *testing.T, tree providertest.Tree, p *Provider) (providertest.Tree, *Result) {
	t.Helper()
	r, err := Integrate(listTree{tree}, p)
	providertest.WantError(t, err)
	once := maps.Clone(tree)
	again, err := Integrate(listTree{tree}, p)
	providertest.WantError(t, err)
	if !maps.Equal(tree, once) {
		t.Error("a second integration changed the tree")
	}
	for _, e := range again.Edits {
		if !e.Already {
			t.Errorf("a second time: %+v", e)
		}
	}
	return tree, r
}

func TestIntegrateHeadersOfManyKinds(t *testing.T) {
	headers := map[string]string{"fly_user.h": "a\n", "fly_ioctl.h": "b\n"}
	manifest := strings.Replace(providertest.Manifest, "abiHeader: fly-abi.h", "abiHeaders: [fly-abi.h, fly_user.h]\nioctlHeaders: [fly_ioctl.h]", 1)
	tree, _ := integrateTwice(t, providertest.Release(), loadWith(t, manifest, headers))
	published, abi, _ := strings.Cut(tree[HeadersCMake], "function(")
	for _, want := range []string{"  rdma/fly-abi.h\n", "  rdma/fly_user.h\n"} {
		if strings.Count(published, want) != 1 || strings.Count(abi, want) != 1 {
			t.Errorf("%q is not in both lists:\n%s", want, tree[HeadersCMake])
		}
	}
	if strings.Count(published, "  rdma/fly_ioctl.h\n") != 1 || strings.Contains(abi, "fly_ioctl.h") {
		t.Errorf("the ioctl header:\n%s", tree[HeadersCMake])
	}
	for name, text := range headers {
		providertest.WantText(t, tree["kernel-headers/rdma/"+name], text)
		if _, ok := tree["providers/fly/"+name]; ok {
			t.Errorf("%s is in providers/fly too", name)
		}
	}
}

// Beside the sources there can be another file of the kernel header's name, as
// many of upstream's providers have it.
func TestIntegrateHeaderInFolder(t *testing.T) {
	manifest := strings.Replace(providertest.Manifest, "abiHeader: fly-abi.h", "abiHeader: kernel/fly-abi.h", 1)
	tree, _ := integrateTwice(t, providertest.Release(), loadWith(t, manifest, map[string]string{
		"kernel/fly-abi.h": "kernel\n", cmake.FileName: "rdma_provider(fly fly.c fly-abi.h sub/fast.c)\n",
	}))
	providertest.WantText(t, tree["kernel-headers/rdma/fly-abi.h"], "kernel\n")
	providertest.WantText(t, tree["providers/fly/fly-abi.h"], "/* abi */\n")
	if _, ok := tree["providers/fly/kernel/fly-abi.h"]; ok || strings.Count(tree[HeadersCMake], "  rdma/fly-abi.h\n") != 2 {
		t.Errorf("copied twice, or not in the lists:\n%s", tree[HeadersCMake])
	}
}

// No kernel header, no driver id, no kernel module: what belongs to them stays
// as it was.
func TestIntegrateLeastOfAll(t *testing.T) {
	manifest := strings.NewReplacer("abiHeader: fly-abi.h\n", "", "kernelModule: fly.ko\n", "",
		"constant: RDMA_DRIVER_FLY\n  policy: next", "policy: none").Replace(providertest.Manifest)
	p := loadWith(t, manifest, map[string]string{"fly-abi.h": ""})
	tree, r := integrateTwice(t, providertest.Release(), p)
	for _, file := range []string{HeadersCMake, DriverHeader, Readme} {
		providertest.WantText(t, tree[file], providertest.Release()[file])
	}
	if r.DriverID != 0 || r.EnumConstant != "" || !strings.Contains(tree[Maintainers], "\nFLY USERSPACE PROVIDER\nM:") {
		t.Errorf("%+v\n%s", r, tree[Maintainers])
	}
	small := providertest.Release()
	for _, file := range []string{HeadersCMake, DriverHeader, Readme} {
		delete(small, file) // what Reads does not name is not asked for
		if slices.Contains(p.Reads(), file) {
			t.Errorf("reads %s", file)
		}
	}
	_, err := Integrate(small, p)
	providertest.WantError(t, err)
}

func TestIntegrateCondition(t *testing.T) {
	for _, coherent := range []string{"true", "false"} {
		manifest := strings.Replace(providertest.Manifest, "coherentDMA: true", "coherentDMA: "+coherent+"\n  condition: ENABLE_FLY AND (A OR B)\n  subdirectories: [man, a]", 1)
		p := loadWith(t, manifest, map[string]string{"man/" + cmake.FileName: "# pages\n", "a/" + cmake.FileName: "# a\n"})
		tree, _ := integrateTwice(t, providertest.Release(), p)
		block := "if (ENABLE_FLY AND (A OR B))\nadd_subdirectory(providers/fly)\nadd_subdirectory(providers/fly/a)\nadd_subdirectory(providers/fly/man)\nendif()\n"
		want := "\nendif()\n\n" + block + "add_subdirectory(providers/gnat)\n"
		if coherent == "true" {
			want = "\nadd_subdirectory(providers/ant) # NO SPARSE\n" + block + "add_subdirectory(providers/wasp)\n"
		}
		if !strings.Contains(tree[TopCMake], want) {
			t.Errorf("coherent %s:\n%s", coherent, tree[TopCMake])
		}
		// Another provider finds its place beside the block.
		other := strings.NewReplacer("fly", "frog", "RDMA_DRIVER_FLY", "RDMA_DRIVER_FROG", "coherentDMA: true", "coherentDMA: "+coherent).Replace(providertest.Manifest)
		q := loadWith(t, other, map[string]string{cmake.FileName: "rdma_provider(frog fly.c)\n", "frog-abi.h": "x"})
		tree, _ = integrateTwice(t, tree, q)
		if !strings.Contains(tree[TopCMake], block+"add_subdirectory(providers/frog)\n") {
			t.Errorf("coherent %s, with frog:\n%s", coherent, tree[TopCMake])
		}
		// One with the same condition has an if() of its own.
		other = strings.NewReplacer("fly", "gnu", "RDMA_DRIVER_FLY", "RDMA_DRIVER_GNU", "\n  subdirectories: [man, a]", "").Replace(manifest)
		q = loadWith(t, strings.Replace(other, "ENABLE_gnu", "ENABLE_FLY", 1), map[string]string{cmake.FileName: "rdma_provider(gnu fly.c)\n", "gnu-abi.h": "x"})
		tree, _ = integrateTwice(t, tree, q)
		if !strings.Contains(tree[TopCMake], block) || !strings.Contains(tree[TopCMake], "if (ENABLE_FLY AND (A OR B))\nadd_subdirectory(providers/gnu)\nendif()\n") {
			t.Errorf("coherent %s, with gnu:\n%s", coherent, tree[TopCMake])
		}
		_, err := Integrate(tree, smallProvider(t))
		providertest.WantError(t, err, TopCMake, "elsewhere")
	}
}

// oldFly is a release that has a provider fly.
func oldFly() providertest.Tree {
	tree := providertest.Release()
	tree[TopCMake] = strings.Replace(tree[TopCMake], "add_subdirectory(providers/wasp)\n",
		"add_subdirectory(providers/fly)\nadd_subdirectory(providers/fly/man) # pages\nadd_subdirectory(providers/wasp)\n", 1)
	tree[DriverHeader] = strings.Replace(tree[DriverHeader], "\tRDMA_DRIVER_WASP", "\tRDMA_DRIVER_FLY,\n\tRDMA_DRIVER_WASP", 1)
	tree[HeadersCMake] = strings.ReplaceAll(tree[HeadersCMake], "  rdma/wasp-abi.h", "  rdma/fly-abi.h\n  rdma/wasp-abi.h")
	tree["kernel-headers/rdma/fly-abi.h"] = "/* old abi */\n"
	for _, name := range []string{cmake.FileName, "fly.c", "old.c", "man/" + cmake.FileName, "man/old.3.md"} {
		tree["providers/fly/"+name] = "old\n"
	}
	tree["providers/flypaper/x.c"] = "another's\n"
	return tree
}

func TestIntegrateReplaces(t *testing.T) {
	_, err := Integrate(oldFly(), smallProvider(t))
	providertest.WantError(t, err, "providers/fly/fly.c", "replacesUpstream")
	p := loadWith(t, providertest.Manifest+"replacesUpstream: true\n", nil)
	tree, r := integrateTwice(t, oldFly(), p)
	var have []string
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if strings.HasPrefix(name, "providers/") {
			have = append(have, name)
		}
	}
	want := []string{"providers/fly/" + cmake.FileName, "providers/fly/fly.c", "providers/fly/sub/fast.c", "providers/flypaper/x.c"}
	if !slices.Equal(have, want) {
		t.Errorf("have %q, want %q", have, want)
	}
	providertest.WantText(t, tree["providers/fly/fly.c"], "int fly;\n")
	providertest.WantText(t, tree["kernel-headers/rdma/fly-abi.h"], "/* abi */\n")
	if strings.Contains(tree[TopCMake], "fly/man") || strings.Count(tree[TopCMake], "providers/fly") != 1 || r.DriverID != 2 {
		t.Errorf("driver id %d\n%s", r.DriverID, tree[TopCMake])
	}
	// A release without it takes it in as any other.
	tree, _ = integrateTwice(t, providertest.Release(), p)
	providertest.WantText(t, tree["providers/fly/fly.c"], "int fly;\n")
	// Where the new one is built under a condition, the old line goes.
	conditional := strings.Replace(providertest.Manifest, "coherentDMA: true", "coherentDMA: true\n  condition: ENABLE_FLY", 1)
	tree, _ = integrateTwice(t, oldFly(), loadWith(t, conditional+"replacesUpstream: true\n", nil))
	if !strings.Contains(tree[TopCMake], "# NO SPARSE\nif (ENABLE_FLY)\nadd_subdirectory(providers/fly)\nendif()\nadd_subdirectory(providers/wasp)\n") {
		t.Errorf("got:\n%s", tree[TopCMake])
	}
}

// Nothing outside providers/fly is replaced or removed, whatever the
// manifest names and the tree lists.
func TestIntegrateReplacesOnlyItsOwn(t *testing.T) {
	manifest := strings.Replace(providertest.Manifest, "abiHeader: fly-abi.h", "abiHeaders: [fly-abi.h, wasp-abi.h]", 1) + "replacesUpstream: true\n"
	p := loadWith(t, manifest, map[string]string{"wasp-abi.h": "mine\n"})
	tree := oldFly()
	tree["kernel-headers/rdma/wasp-abi.h"] = "wasp's\n"
	before := maps.Clone(tree)
	_, err := Integrate(listTree{tree}, p)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.File != "kernel-headers/rdma/wasp-abi.h" || !maps.Equal(tree, before) {
		t.Errorf("got %v", err)
	}
	p = loadWith(t, providertest.Manifest+"replacesUpstream: true\n", nil)
	_, err = Integrate(lyingTree{listTree{oldFly()}}, p)
	providertest.WantError(t, err, "providers/wasp/x.c", "providers/fly/../wasp/x.c", "a file below providers/fly")
	_, err = Integrate(oldFly(), p) // a tree that cannot be listed
	providertest.WantError(t, err, "providers/fly", "can be listed")
	for name, want := range map[string]bool{
		"kernel-headers/rdma/fly-abi.h": true, "kernel-headers/rdma/fly_user_ioctl_cmds.h": true, "kernel-headers/rdma/rdma_user_fly.h": true,
		"kernel-headers/rdma/flypaper-abi.h": false, "kernel-headers/rdma/butterfly-abi.h": false, "kernel-headers/rdma/ib_user_verbs.h": false,
		"providers/fly/a.c": true, "providers/flypaper/a.c": false, "libibverbs/fly.c": false,
	} {
		if got := p.Manifest.mayReplace(name); got != want {
			t.Errorf("mayReplace(%s) = %v", name, got)
		}
	}
}

// lyingTree lists files that are not below the directory.
type lyingTree struct{ listTree }

func (lyingTree) List(string) ([]string, error) {
	return []string{"providers/fly/fly.c", "providers/wasp/x.c", "providers/fly/../wasp/x.c"}, nil
}

func TestDirTreeRemoves(t *testing.T) {
	dir, tree := releaseDir(t)
	for name, text := range oldFly() {
		providertest.WantError(t, tree.WriteFile(name, []byte(text)))
	}
	p := loadWith(t, providertest.Manifest+"replacesUpstream: true\n", nil)
	_, err := Integrate(tree, p)
	providertest.WantError(t, err)
	after := snapshot(t, dir)
	for _, gone := range []string{"old.c", "/man", besideSuffix, asideSuffix} {
		if strings.Contains(after, gone+" ") {
			t.Errorf("%s is there:\n%s", gone, after)
		}
	}
	_, err = Integrate(tree, p)
	providertest.WantError(t, err)
	providertest.WantText(t, snapshot(t, dir), after)
}

// A batch that fails removes nothing.
func TestDirTreeRemovesAllOrNothing(t *testing.T) {
	dir, tree := releaseDir(t)
	providertest.WantError(t, tree.WriteFile("providers/fly/a.c", []byte("a")))
	providertest.WantError(t, os.MkdirAll(filepath.Join(dir, "providers/fly/b.c"+asideSuffix, "x"), 0o755))
	providertest.WantError(t, tree.WriteFile("providers/fly/b.c", []byte("b")))
	before := snapshot(t, dir)
	a, b := Written{Name: "providers/fly/a.c", Remove: true}, Written{Name: "providers/fly/b.c", Remove: true}
	for _, batch := range [][]Written{
		{a, b}, {a, {Name: "providers/fly/gone.c", Remove: true}}, {a, {Name: "../x", Data: []byte("x")}}, {a, {Name: "providers", Remove: true}},
	} {
		if err := tree.WriteAll(batch); err == nil {
			t.Errorf("no error for %+v", batch)
		}
		providertest.WantText(t, snapshot(t, dir), before)
	}
	providertest.WantError(t, os.Symlink("a.c", filepath.Join(dir, "providers/fly/link.c")))
	_, err := tree.List("providers/fly")
	providertest.WantError(t, err, "providers/fly/link.c", "a regular file")
	providertest.WantError(t, os.Symlink("fly", filepath.Join(dir, "providers/other")))
	names, err := tree.List("providers/other")
	if err == nil && len(names) > 0 {
		t.Errorf("a link was followed: %q", names)
	}
	names, err = tree.List("providers/none")
	if err != nil || names != nil {
		t.Errorf("no folder: %q, %v", names, err)
	}
	if _, err := tree.List("../x"); err == nil {
		t.Error("no error for a folder outside")
	}
	if err := tree.WriteAll([]Written{{Name: "providers/fly/link.c", Remove: true}}); err == nil {
		t.Error("a link was removed")
	}
	if _, err := os.Lstat(filepath.Join(dir, "providers/fly/link.c")); errors.Is(err, fs.ErrNotExist) {
		t.Error("the link is gone")
	}
}

// What another directory of the release installs under the same name.
func TestIntegrateInstalledTwice(t *testing.T) {
	p, err := Load(t.Context(), libraryFolder(t, nil))
	providertest.WantError(t, err)
	release := func() providertest.Tree {
		tree := providertest.Release()
		tree[TopCMake] += "add_subdirectory(lib)\nadd_subdirectory(lib/none)\nadd_subdirectory(${X})\nadd_subdirectory(../out)\n"
		tree["lib/"+cmake.FileName] = "publish_headers(infiniband\n  verbs.h)\nrdma_man_pages(ibv_open.3.md)\ninstall(FILES x.rules DESTINATION \"${CMAKE_INSTALL_UDEV_RULESDIR}\")\n"
		return tree
	}
	tree, _ := integrateTwice(t, release(), p)
	if !p.ReadsAlso("lib/"+cmake.FileName) || p.ReadsAlso("lib/x.c") {
		t.Error("ReadsAlso")
	}
	providertest.WantText(t, tree["kernel-headers/rdma/fly-abi.h"], "/* abi */\n")
	for _, text := range []string{
		"publish_headers(infiniband\n  sub/flydv.h)\n", "rdma_man_pages(flydv_open.3)\n", "rdma_alias_man_pages(x.3 flydv_close.3)\n",
		"rdma_subst_install(FILES fly.conf DESTINATION \"${CMAKE_INSTALL_MODPROBEDIR}\")\n",
		"install(FILES x RENAME 70-fly.rules DESTINATION ${CMAKE_INSTALL_UDEV_RULESDIR}/)\n",
	} {
		tree := release()
		tree["lib/"+cmake.FileName] += text
		before := maps.Clone(tree)
		_, err := Integrate(listTree{tree}, p)
		var conflict *ConflictError
		if !errors.As(err, &conflict) || conflict.File != "lib/"+cmake.FileName || conflict.Line != 5 || !maps.Equal(tree, before) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// Releases before v40.0 have no CMAKE_INSTALL_MODPROBEDIR: what is installed there
// would be in the root directory.
func TestIntegrateUnknownVariable(t *testing.T) {
	etc := strings.Replace(libraryCMake, "${CMAKE_INSTALL_MODPROBEDIR}/", "${CMAKE_INSTALL_SYSCONFDIR}/modprobe.d", 1)
	for name, tt := range map[string]struct {
		change map[string]string
		want   []string
	}{
		"its own":      {nil, []string{TopCMake + ": want set(CMAKE_INSTALL_MODPROBEDIR …), where the provider installs fly.conf, got none"}},
		"set by it":    {map[string]string{cmake.FileName: "if (NOT CMAKE_INSTALL_MODPROBEDIR)\nset(CMAKE_INSTALL_MODPROBEDIR etc)\nendif()\n" + libraryCMake}, nil},
		"known to all": {map[string]string{cmake.FileName: etc}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Load(t.Context(), libraryFolder(t, tt.change))
			providertest.WantError(t, err)
			tree := providertest.Release()
			tree[TopCMake] = strings.Replace(tree[TopCMake], "set(CMAKE_INSTALL_MODPROBEDIR", "set(ANOTHER", 1)
			_, err = Integrate(listTree{tree}, p)
			providertest.WantError(t, err, tt.want...)
		})
	}
}
