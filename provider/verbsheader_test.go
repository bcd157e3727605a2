// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// verbsWith is a verbs.h with n places, laid out by one rule: each list filled
// up to its columns.
func verbsWith(n int) string {
	params, addrs, fillers := []string{}, []string{}, []string{"arg,"}
	for i := 1; i <= n; i++ {
		params = append(params, fmt.Sprintf("_%d,", i))
		addrs = append(addrs, fmt.Sprintf("&verbs_provider_##_%d,", i))
	}
	for range n - 1 {
		fillers = append(fillers, "none,")
	}
	params = append(params, "...)")
	end := func(list []string, closer string) {
		list[len(list)-1] = strings.TrimSuffix(list[len(list)-1], ",") + closer
	}
	end(addrs, "")
	end(fillers, ")")
	under := "\t\t\t     "
	lines := fill("#define _RDMA_STATIC_PREFIX_(", under, 78, params...)
	lines[0] = strings.Replace(lines[0], "( ", "(", 1)
	body := fill("\t", "\t\t", 78, addrs...)
	body[0] = "\t" + strings.TrimLeft(body[0], "\t")
	return macroOf(append(lines, body...)) + macroOf(append([]string{"#define _RDMA_STATIC_PREFIX(arg)"},
		fill("\t_RDMA_STATIC_PREFIX_(", under, 78, fillers...)...)) +
		"\nextern const struct verbs_device_ops verbs_provider_ant;\nextern const struct verbs_device_ops verbs_provider_all;\n"
}

func macroOf(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		l = strings.Replace(l, "( ", "(", 1)
		if i < len(lines)-1 {
			l += strings.Repeat(" ", 79-width(l)) + `\`
		}
		b.WriteString(l + "\n")
	}
	return b.String()
}

func TestAddStaticProvider(t *testing.T) {
	want := strings.NewReplacer(
		"_2, ...)                                      \\", "_2, _3, ...)                                  \\",
		"##_2\n", "##_2, &verbs_provider_##_3\n",
		"(arg, none)", "(arg, none, none)",
		"extern const struct verbs_device_ops verbs_provider_wasp;", "extern const struct verbs_device_ops verbs_provider_fly;\nextern const struct verbs_device_ops verbs_provider_wasp;",
	).Replace(providertest.Verbs)
	for _, form := range []func(string) string{func(s string) string { return s }, providertest.CRLF} {
		out, already, err := addStaticProvider("v", []byte(form(providertest.Verbs)), "fly")
		providertest.WantError(t, err)
		providertest.WantText(t, string(out), form(want))
		again, already2, err := addStaticProvider("v", out, "fly")
		providertest.WantError(t, err)
		if already || !already2 || !bytes.Equal(again, out) {
			t.Errorf("already %v, then %v; second text:\n%s", already, already2, again)
		}
	}
}

// all and none stay last, whatever the name.
func TestAddStaticProviderLast(t *testing.T) {
	out, _, err := addStaticProvider("v", []byte(providertest.Verbs), "zebra")
	providertest.WantError(t, err)
	const decl = "extern const struct verbs_device_ops verbs_provider_"
	if want := decl + "wasp;\n" + decl + "zebra;\n" + decl + "all;\n"; !strings.Contains(string(out), want) {
		t.Errorf("got:\n%s", out)
	}
}

// The last line may use the columns that a backslash takes on the others.
func TestFill(t *testing.T) {
	last := "\t" + strings.Repeat("x", 65) + " y12345"
	if width(last) != 80 {
		t.Fatal(width(last))
	}
	got := fill(last, "  ", 80, "z")
	if want := []string{"\t" + strings.Repeat("x", 65), "  y12345 z"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = fill(last[:len(last)-2], "  ", 80, "z")
	if want := []string{last[:len(last)-2] + " z"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Grown one by one, the macros must stay as they would have been written at
// once, so that lines break where clang-format breaks them.
func TestStaticMacrosGrow(t *testing.T) {
	text := verbsWith(2)
	for n := 3; n <= 40; n++ {
		places, out, err := growStaticMacros("v", []byte(text))
		providertest.WantError(t, err)
		if text = string(out); places != n-1 {
			t.Fatalf("%d places, want %d", places, n-1)
		}
		for i, line := range strings.Split(text, "\n") {
			if width(line) > 80 || strings.HasSuffix(line, `\`) && width(line) != 80 {
				t.Errorf("%d places: line %d has %d columns: %q", n, i+1, width(line), line)
			}
		}
	}
	m, err := parseStaticMacros("v", []byte(text))
	providertest.WantError(t, err)
	if m.Places != 40 {
		t.Errorf("%d places, want 40", m.Places)
	}
	// The addresses are upstream's two to a line; parameters and fillers are compared.
	whole := verbsWith(40)
	for _, part := range []string{"_RDMA_STATIC_PREFIX_(_1", "_RDMA_STATIC_PREFIX_(arg"} {
		providertest.WantText(t, upTo(text, part), upTo(whole, part))
	}
}

func upTo(text, start string) string {
	_, rest, _ := strings.Cut(text, start)
	list, _, _ := strings.Cut(rest, ")")
	return list
}

func TestAddStaticProviderRefuses(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		want     []string
	}{
		{"no declarations", "verbs_device_ops verbs_provider_", "other verbs_provider_", []string{"v: want declarations"}},
		{"declared twice", "_wasp;", "_fly;\nextern const struct verbs_device_ops verbs_provider_fly;", []string{"2 declarations"}},
		{"no macro", "#define _RDMA_STATIC_PREFIX_(", "#define OTHER(", []string{"one #define _RDMA_STATIC_PREFIX_(…)", "got none"}},
		{"no second macro", "#define _RDMA_STATIC_PREFIX(", "#define OTHER(", []string{"one #define _RDMA_STATIC_PREFIX(…)", "got none"}},
		{"macro twice", "#ifdef RDMA_STATIC_PROVIDERS\n", "#define _RDMA_STATIC_PREFIX_(_1, ...)\n", []string{"v:2:", "lines 1 and 2"}},
		{"no dots", "_2, ...)", "_2)", []string{"v:2:", "a different form"}},
		{"parameters out of order", "(_1, _2,", "(_2, _1,", []string{"v:2:", `"_2"`}},
		{"an address missing", ", &verbs_provider_##_2", "", []string{"v:2:", "1 addresses"}},
		{"another address", "##_2\n", "##_1\n", []string{"v:2:"}},
		{"a filler missing", "(arg, none)", "(arg)", []string{"v:4:", "1 times none"}},
		{"another filler", "(arg, none)", "(arg, all)", []string{"v:4:"}},
		{"open comment", "#endif", "/* #endif", []string{`"*/"`}},
		{"open string", "#endif", "char x = '\n", []string{"ends the constant"}},
		{"declarations on one line", "ant;\n", "ant; ", nil},
		{"declaration whose line ends in a comment", "ant;\n", "ant; /*\n*/", []string{"a different layout"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := strings.ReplaceAll(providertest.Verbs, tt.old, tt.new)
			if in == providertest.Verbs {
				t.Fatal("the text was not changed")
			}
			_, _, err := addStaticProvider("v", []byte(in), "fly")
			if tt.name == "declarations on one line" {
				tt.want = []string{"a different layout"}
			}
			providertest.WantError(t, err, tt.want...)
		})
	}
}
