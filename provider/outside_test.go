// SPDX-License-Identifier: Apache-2.0

package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// vendor is a git repository with fly in user/fly and its kernel header in kmod/uapi.
func vendor(t *testing.T, manifest string) (top, dir string) {
	t.Helper()
	top = t.TempDir()
	dir = filepath.Join(top, "user", "fly")
	text := strings.Replace(providertest.Manifest, "abiHeader: fly-abi.h", manifest, 1)
	from := providertest.Fly(t, map[string]string{"fly-abi.h": "", provider.ManifestName: text})
	for _, err := range []error{
		os.MkdirAll(filepath.Dir(dir), 0o755), os.CopyFS(dir, os.DirFS(from)), os.RemoveAll(filepath.Join(dir, ".git")), os.Mkdir(filepath.Join(top, ".git"), 0o755),
		os.MkdirAll(filepath.Join(top, "kmod", "uapi"), 0o755),
		os.WriteFile(filepath.Join(top, "kmod", "uapi", "fly-abi.h"), []byte(providertest.ABIHeader), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return top, dir
}

// A kernel header can be anywhere in the repository: it is copied as one of the directory is, and its content counts.
func TestOutsideHeader(t *testing.T) {
	const name = "../../kmod/uapi/fly-abi.h"
	top, dir := vendor(t, "abiHeader: "+name)
	p, err := provider.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	to := ""
	for _, c := range p.CopyPlan() {
		if c.From.Name == name {
			to = c.To
		}
	}
	if to != "kernel-headers/rdma/fly-abi.h" {
		t.Errorf("copied to %q", to)
	}
	header := filepath.Join(top, "kmod", "uapi", "fly-abi.h")
	if got := provider.Outside(dir, header); got != name {
		t.Errorf("the header's name is %q", got)
	}
	before := provider.Stamp(dir)
	if err := os.WriteFile(header, []byte(providertest.ABIHeader+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := provider.Load(t.Context(), dir)
	if err != nil || again.Digest() == p.Digest() || provider.Stamp(dir) == before {
		t.Errorf("another header is the same provider: %v", err)
	}

	link := filepath.Join(t.TempDir(), "fly")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if linked, err := provider.Load(t.Context(), link); err != nil || linked.Digest() != again.Digest() {
		t.Errorf("by a symbolic link: %v", err)
	}
}

// What is outside of the repository, or no file of it, is refused.
func TestOutsideHeaderRefused(t *testing.T) {
	for manifest, want := range map[string]string{
		"abiHeader: ../../kmod/uapi/bee-abi.h":    "abiHeader: want a file ../../kmod/uapi/bee-abi.h of the repository, got no such file",
		"abiHeader: ../../../fly-abi.h":           "abiHeader: want a file of the git repository that the directory is in, got one outside of it",
		"abiHeader: ../../kmod/link/fly-abi.h":    "got one outside of it",
		"abiHeader: ../../kmod/uapi/linked.h":     "linked.h: want a regular file, got L",
		"abiHeader: ../../kmod/uapi/binary.h":     "binary.h:1: want a text file, got a binary file",
		"abiHeader: ../../kmod/uapi/pipe.h":       "pipe.h: want a regular file, got p",
		"abiHeader: ../../kmod/../uapi/fly-abi.h": "abiHeader: want a file of this directory or, with ../, of its repository",
	} {
		top, dir := vendor(t, manifest)
		uapi := filepath.Join(top, "kmod", "uapi")
		for _, err := range []error{
			os.Symlink(filepath.Join(uapi, "fly-abi.h"), filepath.Join(uapi, "linked.h")), os.Symlink(t.TempDir(), filepath.Join(top, "kmod", "link")),
			os.WriteFile(filepath.Join(uapi, "binary.h"), []byte("\x00"), 0o600), syscall.Mkfifo(filepath.Join(uapi, "pipe.h"), 0o600),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := provider.Load(t.Context(), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", manifest, err)
		}
	}
	_, dir := vendor(t, "abiHeader: ../../kmod/uapi/fly-abi.h")
	if err := os.Remove(filepath.Join(dir, "..", "..", ".git")); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Load(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "got no repository") {
		t.Errorf("without a repository: got %v", err)
	}
}
