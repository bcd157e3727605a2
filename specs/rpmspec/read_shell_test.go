// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// placeLine is the line that an error names.
func placeLine(t *testing.T, err error) int {
	t.Helper()
	var p *rpmspec.PlaceError
	if !errors.As(err, &p) || p.Line == 0 {
		t.Errorf("got %v, want a *PlaceError with a line", err)
		return 0
	}
	return p.Line
}

const shellTags = "Name: a\nVersion: 1\nSource0: a.tgz\nPatch1: one\nPatch2: two\n"

// TestPrepSeesOwnPatching has all spellings that apply a patch after rpm's back, before
// and after the last step.
func TestPrepSeesOwnPatching(t *testing.T) {
	for _, line := range []string{
		"patch -p1 < %{SOURCE1}", "/usr/bin/patch -p1 < %{SOURCE1}", "%{__patch} -p1 < %{SOURCE1}", "%__patch -p1 -i x",
		"%{_bindir}/patch -p1 -i x", "patch<x", "patch", "cat x | patch", "LC_ALL=C patch -p1 -i x", "(cd y; patch -i x)",
		"if patch --dry-run < x; then", "for i in *.patch; do patch -p1 -i $i; done", "ls *.patch | xargs -n1 patch -p1 -i",
		"sh -c 'patch -p1 < x'", "gpatch -p1 < x", "test -f x && patch %{opts} < x",
		"git am x", "git am", "git am < x", "git -C . apply %{SOURCE1}", "/usr/bin/git apply x", "%{__git} am x", "%__git am -q x",
		"git -c user.name=a -c user.email=b am -q x", "git --git-dir=y apply x", "git --work-tree y apply x", "git-am x", "/usr/libexec/git-core/git-apply x",
		"git quiltimport", "quilt push -a", "quilt --quiltrc x push -a", "echo %{patches}", "%{?rhel:%patch1 -p1}", "%{?rhel:%{patch1} -p1}",
		"%{?fedora:%autopatch -p1}", "test -f x && %patch -P 1 -p1", "%{?rhel:\n%patch1 -p1\n}", "%{?rhel:\ngit am x\n}", "%more", "%{?more}",
	} {
		for _, prep := range []string{"%setup -q\n" + line + "\n%patch2 -p1\n", "%setup -q\n%patch2 -p1\n" + line + "\n"} {
			s := parse(t, "%define more() %patch -P %1 -p1\n"+shellTags+"%prep\n"+prep)
			_, err := s.Read(el9()).Prep()
			if err == nil {
				t.Errorf("%q is not seen", prep)
				continue
			}
			wantPlace(t, err, placeLine(t, err), "%patch, %autopatch or %autosetup")
		}
	}
}

// TestPrepLetsOtherCommands has what only looks like it.
func TestPrepLetsOtherCommands(t *testing.T) {
	for _, line := range []string{
		"# patch -p1 < x", "# git am", "cp x.patch y", "cp patches/x y", "sed -i s/patch/x/ y", "git init -q", "git commit -q -m 'apply x'",
		"git add . && git commit -qm all", "echo applied the patch", "mv patchlevel.h x", "echo %%patch1", "mkdir git; cd git", "./dispatch -p1",
		"grep -q git-amend x", "%define own() patch -p1\n", "find . -name '*.patch' -delete", "chmod +x a/patchset", "%{?fedora:touch x}",
	} {
		s := parse(t, shellTags+"%prep\n%setup -q\n"+line+"\n%patch2 -p1\n")
		if p, err := s.Read(el9()).Prep(); err != nil || len(p.Patches) != 1 {
			t.Errorf("%q: %s, %v", line, steps(p), err)
		}
	}
}

// TestPrepSeesBlocks has a patch inside what shell runs or does not, and after it.
func TestPrepSeesBlocks(t *testing.T) {
	for _, tt := range []struct{ open, shut string }{
		{"ls | while read f; do", "done"},
		{"cat x |\\\nwhile read f; do", "done"},
		{"if test -f x; then", "fi"},
		{"if a; then if b; then", "fi; fi"},
		{"if a; then\n:\nelse if b; then", "fi\nfi"},
		{"(cd x; for i in a; do", "done)"},
		{"case x in", "esac"},
		{"test -f x && {", "}"},
		{"again() {", "}"},
		{"test -f x && (", ")"},
		{"until a; do b; done; until c; do", "done | cat"},
		{"test -f x && \\", ""},
	} {
		_, err := parse(t, shellTags+"%prep\n%setup\n"+tt.open+"\n%patch1 -p1\n"+tt.shut+"\n").Read(el9()).Prep()
		if err == nil {
			t.Errorf("%q: the patch in it is taken", tt.open)
			continue
		}
		wantPlace(t, err, placeLine(t, err), "shell's if")
		p, err := parse(t, shellTags+"%prep\n%setup\n"+tt.open+"\n:\n"+tt.shut+"\n%patch1 -p1\n").Read(el9()).Prep()
		if err != nil || len(p.Patches) != 1 {
			t.Errorf("%q, %q: behind it %s, %v", tt.open, tt.shut, steps(p), err)
		}
	}
	_, err := parse(t, shellTags+"%prep\n%setup\n%{?x:while}\ndone\n%patch1 -p1\n").Read(el9()).Prep()
	wantPlace(t, err, 10, "shell's if")
}
