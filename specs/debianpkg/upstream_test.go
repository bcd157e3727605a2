// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// cloneVariable names a git clone of rdma-core with its tags. None of its files
// are here, so without one these tests have nothing to read.
const cloneVariable = "VERBSMITH_RDMA_CORE"

// git runs git in the clone.
func git(t *testing.T, args ...string) string {
	t.Helper()
	dir := os.Getenv(cloneVariable)
	if dir == "" {
		t.Skip(cloneVariable + " names no clone of rdma-core")
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, stderr.Bytes())
	}
	return string(out)
}

// files lists what Integrate may read of a commit.
func files(t *testing.T, commit string) []string {
	t.Helper()
	names := Reads()
	for name := range strings.FieldsSeq(git(t, "ls-tree", "--name-only", commit, "debian/")) {
		if ReadsAlso(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// at reads debian/ of a commit.
func at(t *testing.T, commit string) memory {
	t.Helper()
	tree := memory{}
	for _, name := range append(files(t, commit), ChangeLog) {
		tree[name] = git(t, "show", commit+":"+name)
	}
	return tree
}

var supported = regexp.MustCompile(`^v(3[2-9]|[4-9][0-9])\.[0-9]+$`)

// TestEveryRelease makes all edits in every release from v32.0 on, and master.
func TestEveryRelease(t *testing.T) {
	seen := map[string]bool{}
	for _, tag := range append(strings.Fields(git(t, "tag", "--list", "v*")), "master") {
		if tag != "master" && !supported.MatchString(tag) {
			continue
		}
		state := git(t, append([]string{"ls-tree", tag, "--"}, files(t, tag)...)...)
		if seen[state] {
			continue // the same files as in another release
		}
		seen[state] = true
		for _, p := range []*Provider{crab(), dv()} {
			tree := at(t, tag)
			p.Installed = []Installed{{Modprobe, "crab.conf"}}
			if _, err := Integrate(tree, p); err != nil {
				t.Errorf("%s: %v", tag, err)
				continue
			}
			edits, err := Integrate(tree, p)
			if err != nil {
				t.Errorf("%s a second time: %v", tag, err)
			}
			for _, e := range edits {
				if !e.Already {
					t.Errorf("%s: a second time changes %s: %s", tag, e.File, e.What)
				}
			}
			if out, _, _, err := AddChangelog(ChangeLog, []byte(tree[ChangeLog]), entry()); err != nil || len(out) == 0 {
				t.Errorf("%s: %v", tag, err)
			}
		}
	}
	t.Logf("%d different states of debian/", len(seen))
}

// TestAsUpstream makes the edits in the tree before upstream's own commit, and
// lists what comes out another way. Each difference is known and has its reason.
func TestAsUpstream(t *testing.T) {
	bsd := "BSD-MIT or GPL-2"
	for _, tt := range []struct {
		commit, release string
		provider        Provider
		differences     []string
	}{
		{
			commit: "443f196de", release: "41", provider: Provider{
				Name: "mana", Description: "Microsoft Azure Network Adapter", Copyright: []string{"2022, Microsoft Corporation."}, License: bsd, CoherentDMA: true,
				Library: &Library{
					Name: "mana", SoMajor: "1", Nodes: []string{"MANA_1.0"}, PkgConfig: true, Headers: []string{"manadv.h"},
					Symbols: []Symbol{{"manadv_init_obj", "MANA_1.0"}, {"manadv_set_context_attr", "MANA_1.0"}},
				},
				ManPages: []ManPage{{7, "manadv"}, {3, "manadv_init_obj"}, {3, "manadv_set_context_attr"}},
			},
			// Corrected later, in "debian: Exclude libmana.so from ibverbs-providers": it is libibverbs-dev's as well.
			// The pages of mana were put after mbps_to_ibv_rate, out of order.
			differences: []string{
				Runtime + " -usr/lib/*/libmana.so*", Runtime + " +usr/lib/*/libmana.so.*",
			},
		},
		{
			commit: "6d82ac7ba", release: "59", provider: Provider{
				Name: "ionic", Description: "AMD Pensando Distributed Services Card (DSC) RDMA/RoCE Support",
				Copyright: []string{"2018-2025, Advanced Micro Devices, Inc."}, License: bsd, CoherentDMA: true,
				Library: &Library{
					Name: "ionic", SoMajor: "1", Nodes: []string{"IONIC_1.0"}, PkgConfig: true, Headers: []string{"ionic_dv.h"},
					Symbols: []Symbol{
						{"ionic_dv_ctx_get_udma_count", "IONIC_1.0"},
						{"ionic_dv_ctx_get_udma_mask", "IONIC_1.0"},
						{"ionic_dv_pd_get_udma_mask", "IONIC_1.0"},
						{"ionic_dv_pd_set_udma_mask", "IONIC_1.0"},
						{"ionic_dv_pd_set_sqcmb", "IONIC_1.0"},
						{"ionic_dv_pd_set_rqcmb", "IONIC_1.0"},
					},
				},
			},
			// The .so is one file, not a pattern that takes the runtime's as well; upstream forgot Provides, the override and
			// rules, and made up for the last two in fdb42b169 and bb176a63b.
			differences: []string{
				Control + " +Provides: libefa1, libionic1, libipathverbs1, libmana1, libmlx4-1, libmlx5-1, libmthca1",
				Development + " +usr/lib/*/libionic.so", Development + " -usr/lib/*/libionic.so*",
				Overrides + " +# libefa, libhns, libionic, libmana, libmlx4 and libmlx5 are ibverbs provider that provides more functions.",
				Overrides + " +ibverbs-providers: package-name-doesnt-match-sonames libefa1 libhns1 libionic1 libmana1 libmlx4-1 libmlx5-1",
				Rules + " sed /efa\\|hns\\|ionic\\|mana\\|mlx[45]/d",
			},
		},
		{
			commit: "1c4fad429", release: "42", provider: Provider{
				Name: "erdma", Description: "Alibaba Elastic RDMA (iWarp) Adapter", Copyright: []string{"2020-2021, Alibaba Group"}, License: bsd, CoherentDMA: true,
			},
		},
		{
			commit: "cf6d9149f", release: "51", provider: Provider{
				Name: "hns", Description: "HiSilicon Hip06 SoC", Copyright: []string{"x"}, License: bsd, CoherentDMA: true,
				Library: &Library{
					Name: "hns", SoMajor: "1", Nodes: []string{"HNS_1.0"}, PkgConfig: true, Headers: []string{"hnsdv.h"},
					Symbols: []Symbol{{"hnsdv_is_supported", "HNS_1.0"}, {"hnsdv_create_qp", "HNS_1.0"}, {"hnsdv_query_device", "HNS_1.0"}},
				},
				ManPages: []ManPage{{7, "hnsdv"}, {3, "hnsdv_create_qp"}, {3, "hnsdv_is_supported"}},
			},
			// Upstream forgot Provides and rules (a0e986e5d), and wrote a package name that Debian's policy does not give.
			differences: []string{
				Control + " +Provides: libefa1, libhns1, libipathverbs1, libmana1, libmlx4-1, libmlx5-1, libmthca1",
				Overrides + " +ibverbs-providers: package-name-doesnt-match-sonames libefa1 libhns1 libmana1 libmlx4-1 libmlx5-1",
				Overrides + " -ibverbs-providers: package-name-doesnt-match-sonames libefa1 libhns-1 libmana1 libmlx4-1 libmlx5-1",
				Rules + " sed /efa\\|hns\\|mana\\|mlx[45]/d",
			},
		},
	} {
		t.Run(tt.provider.Name, func(t *testing.T) {
			commit := tt.commit
			slices.Sort(tt.differences)
			tree, theirs := at(t, commit+"^"), at(t, commit)
			p := tt.provider
			p.Release = tt.release
			if _, err := Integrate(tree, &p); err != nil {
				t.Fatal(err)
			}
			if got := differences(tree, theirs); !slices.Equal(got, tt.differences) {
				t.Errorf("against %s: got\n%s\nwant\n%s", commit, strings.Join(got, "\n"), strings.Join(tt.differences, "\n"))
			}
		})
	}
}

// differences lists the lines that only one side has, whatever their order; of a
// Provides, an override or a command that was replaced the new one.
func differences(ours, theirs memory) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if name == ChangeLog {
			continue
		}
		a, b := strings.Split(ours[name], "\n"), strings.Split(theirs[name], "\n")
		for _, l := range a {
			if slices.Contains(b, l) {
				continue
			}
			if name == Rules {
				out = append(out, name+" sed "+command(ours))
				continue
			}
			out = append(out, name+" +"+l)
		}
		for _, l := range b {
			if !slices.Contains(a, l) && (name != Rules) && !strings.HasPrefix(l, "Provides:") && (name != Overrides || strings.Contains(l, "hns-1")) {
				out = append(out, name+" -"+l)
			}
		}
	}
	slices.Sort(out)
	return out
}
