// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"strings"
	"testing"
)

func TestInstallOfAPlugIn(t *testing.T) {
	tree := integrated(t, zoo(), crab())
	for _, f := range []string{Runtime, Development, Boot, Symbols, Overrides, Rules} {
		want(t, tree, f, nil)
	}
}

func TestInstallOfALibrary(t *testing.T) {
	tree := integrated(t, zoo(), dv())
	want(t, tree, Runtime, nil, "usr/lib/*/libcrab.so.*")
	want(t, tree, Development, nil,
		"usr/include/infiniband/crabdv.h", "usr/lib/*/libcrab.a", "usr/lib/*/libcrab.so", "usr/lib/*/pkgconfig/libcrab.pc",
		"usr/share/man/man3/crabdv_*.3", "usr/share/man/man7/crabdv.7")
	want(t, tree, Boot, nil)
}

func TestInstallOfBootFiles(t *testing.T) {
	p := crab()
	p.Installed = []Installed{{EtcModprobe, "crab.conf"}, {UdevRules, "60-crab.rules"}}
	tree := integrated(t, zoo(), p)
	want(t, tree, Boot, nil, "etc/modprobe.d/crab.conf", "lib/udev/rules.d/60-crab.rules")
	want(t, tree, Rules, []string{strings.Split(zoo()[Rules], "\n")[4]},
		"\tsed -i '/ant\\|crab\\|moth[45]/d' debian/ibverbs-providers.install debian/libibverbs-dev.install debian/rdma-core.install")
	p.Installed = []Installed{{LibExec, "crab-walk"}}
	_, err := Integrate(zoo(), p)
	place(t, err, Rules, "-DCMAKE_INSTALL_LIBEXECDIR")
}

// TestInstallAddsAPatternThatAReleaseLacks shows that the plug-in's patterns are
// looked for and not assumed.
func TestInstallAddsAPatternThatAReleaseLacks(t *testing.T) {
	tree := zoo()
	tree[Runtime] = "etc/libibverbs.d/ant.driver etc/libibverbs.d\n# usr/lib/*/libibverbs/lib*-rdmav*.so\nusr/lib/*/libibverbs/libant-rdmav*.so\n"
	tree[Development] = "usr/lib/*/libant.a\n"
	integrated(t, tree, crab())
	for file, l := range map[string]string{
		Runtime:     "usr/lib/*/libibverbs/lib*-rdmav*.so\nusr/lib/*/libibverbs/libant-rdmav*.so\n",
		Development: "usr/lib/*/lib*-rdmav*.a\nusr/lib/*/libant.a\n",
	} {
		if !strings.Contains(tree[file], l) {
			t.Errorf("%s lacks %q:\n%s", file, l, tree[file])
		}
	}
	if !strings.Contains(tree[Runtime], "etc/libibverbs.d/\n") {
		t.Errorf("the .driver files are not taken:\n%s", tree[Runtime])
	}
}

func TestInstallLeavesWhatIsTaken(t *testing.T) {
	p := dv()
	p.ManPages = []ManPage{{Section: 3, Name: "ibv_crab"}, {Section: 3, Name: "walk"}}
	tree := integrated(t, zoo(), p)
	if strings.Contains(tree[Development], "ibv_crab") {
		t.Errorf("ibv_crab.3 is taken by ibv_* already:\n%s", tree[Development])
	}
	if !strings.Contains(tree[Development], "man3/walk.3\n") {
		t.Errorf("walk.3 is not installed:\n%s", tree[Development])
	}
	tree = zoo()
	tree[Development] = "debian/tmp/usr/include usr/\nusr/lib/*/*.a\nusr/lib/*/*.so\nusr/lib/*/pkgconfig\nusr/share/man\n"
	integrated(t, tree, dv())
	if strings.Contains(tree[Development], "crab") {
		t.Errorf("everything is taken already:\n%s", tree[Development])
	}
}

func TestInstallWithoutPlace(t *testing.T) {
	for _, text := range []string{"", "# nothing\n"} {
		tree := zoo()
		tree[Runtime] = text
		_, err := Integrate(tree, crab())
		place(t, err, "debian/ibverbs-providers.install", "got none")
	}
}

func TestCommonPrefix(t *testing.T) {
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{[]string{"manadv_init_obj", "manadv_set_context_attr"}, "manadv_"},
		{[]string{"ionic_dv_ctx_get", "ionic_dv_pd_set"}, "ionic_dv_"},
		{[]string{"foodv_a", "bardv_b"}, ""},
		{[]string{"same", "same2"}, ""},
	} {
		if got := commonPrefix(tt.names); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.names, got, tt.want)
		}
	}
}

func TestManPagesOfAPlugIn(t *testing.T) {
	p := crab()
	p.ManPages = []ManPage{{7, "crab"}, {3, "crab_call"}}
	tree := integrated(t, zoo(), p)
	want(t, tree, Runtime, nil, "usr/share/man/man7/crab.7")
	want(t, tree, Development, nil, "usr/share/man/man3/crab_call.3")
	if got := command(tree); got != `/ant\|crab\|moth[45]/d` {
		t.Errorf("got %s", got)
	}
}
