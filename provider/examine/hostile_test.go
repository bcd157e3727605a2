// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// hostileTexts mean something to a shell, RPM, CMake, make, a patch or a reader.
func hostileTexts() map[string]string {
	return map[string]string{
		"a command":            "$(touch x)",
		"an older command":     "`touch x`",
		"a variable":           "${HOME}",
		"an RPM macro":         "%{lua:os.execute('touch x')}",
		"an RPM shell":         "%(touch x)",
		"a second command":     "x;touch y",
		"a way up":             "../../x",
		"a line end":           "x\nProvides: y",
		"an old line end":      "x\ry",
		"a double quote":       `x"y`,
		"a single quote":       "x'y",
		"a backslash":          `x\y`,
		"a generator":          "$<TARGET_FILE:x>",
		"a list of CMake":      "x;y",
		"a comment":            "x#y",
		"turned around":        "x\u202ey.c",
		"an embedding":         "x\u2066y",
		"a mark left to right": "x\u200ey",
		"no width":             "x\u200by",
		"a byte order mark":    "x\ufeffy",
		"Unicode's line end":   "x\u2028y",
		"an escape":            "x\x1b[31my",
		"an option":            "-rf",
		"an option with =":     "--define=x",
		"blanks":               "x y",
		"a path":               "/etc/passwd",
		"a null byte":          "x\x00y",
		"a broken rune":        "x\xffy",
		"a long one":           strings.Repeat("x", 300),
	}
}

// Every field that becomes a name of something refuses all of them, with the
// manifest's line.
func TestHostileManifestNames(t *testing.T) {
	fields := map[string]struct {
		old  string
		line int
	}{
		"name":               {"name: fly\n", 1},
		"abiHeader":          {"abiHeader: fly-abi.h\n", 6},
		"constant":           {"  constant: RDMA_DRIVER_FLY\n", 8},
		"kernelModule":       {"kernelModule: fly.ko\n", 10},
		"device":             {"  name: fly0\n", 14},
		"maintainer.email":   {"  email: flo@host.example\n", 5},
		"subdirectories":     {"  coherentDMA: true\n", 13},
		"further kernel ABI": {"abiHeader: fly-abi.h\n", 6},
	}
	for field, at := range fields {
		for what, text := range hostileTexts() {
			t.Run(field+"/"+what, func(t *testing.T) {
				quoted := yamlQuote(text)
				key, _, _ := strings.Cut(at.old, ":")
				line := key + ": " + quoted + "\n"
				switch field {
				case "subdirectories":
					if what == "a way up" || what == "an option" || strings.HasPrefix(what, "a long") || what == "a path" {
						text = "sub/" + text // else it may be a directory's name
						quoted = yamlQuote(text)
					}
					line = at.old + "  subdirectories: [" + quoted + "]\n"
				case "further kernel ABI":
					line = "abiHeaders: [fly-abi.h, " + quoted + "]\n"
				}
				manifest := strings.Replace(providertest.Manifest, at.old, line, 1)
				if manifest == providertest.Manifest {
					t.Fatal("nothing was changed")
				}
				dir := providertest.Fly(t, map[string]string{provider.ManifestName: manifest})
				file := filepath.Join(dir, provider.ManifestName)
				_, err := provider.Load(t.Context(), dir)
				if err == nil {
					t.Fatalf("%q is taken as %s", text, field)
				}
				if !strings.HasPrefix(err.Error(), file+":"+strconv.Itoa(at.line)+":") && !strings.HasPrefix(err.Error(), file+":") {
					t.Errorf("no place in %q", err)
				}
				refused(t, dir, err)
			})
		}
	}
}

// A field of prose takes prose, and nothing that someone would read as a command.
func TestHostileManifestProse(t *testing.T) {
	for what, text := range hostileTexts() {
		prose := map[string]bool{
			"a second command": true, "a way up": true, "a double quote": true, "a single quote": true, "a list of CMake": true,
			"a comment": true, "an option": true, "an option with =": true, "blanks": true, "a path": true,
		}[what]
		for field, old := range map[string]string{
			"description": "description: A small provider\n", "title": "maintainer:\n", "copyright": "maintainer:\n",
		} {
			t.Run(field+"/"+what, func(t *testing.T) {
				line := field + ": " + yamlQuote(text) + "\n"
				if field == "copyright" {
					line = "copyright: [" + yamlQuote(text) + "]\n"
				}
				if field != "description" {
					line += old
				}
				dir := providertest.Fly(t, map[string]string{provider.ManifestName: strings.Replace(providertest.Manifest, old, line, 1)})
				_, err := provider.Load(t.Context(), dir)
				if (err == nil) != prose {
					t.Fatalf("%q as %s: %v", text, field, err)
				}
				if err != nil {
					refused(t, dir, err)
				}
			})
		}
	}
}

// yamlQuote writes any text as one YAML scalar, as far as YAML has it at all.
func yamlQuote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, c := range text {
		switch {
		case c == utf8.RuneError:
			b.WriteByte(text[i])
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ' || c >= 0x7f && c <= 0xffff:
			b.WriteString(`\u` + strings.Repeat("0", 4-len(strconv.FormatInt(int64(c), 16))) + strconv.FormatInt(int64(c), 16))
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + `"`
}

// refused holds an error, and what Examine says of the same directory, against what
// a reader needs: one line each, nothing in it that a terminal would act on.
func refused(t *testing.T, dir string, err error) {
	t.Helper()
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(strings.Trim(line, `"`), dir) || strings.ContainsFunc(line, unprintable) {
			t.Errorf("line %q", line)
		}
	}
	x := Examine(t.Context(), dir)
	if x.Provider != nil {
		t.Error("provider:check takes it")
	}
	for _, a := range x.Answers {
		for _, f := range a.Findings {
			if text := f.Err.Error(); strings.ContainsFunc(text, unprintable) {
				t.Errorf("finding %q", text)
			}
		}
	}
}

func TestHostileFileNames(t *testing.T) {
	for what, text := range hostileTexts() {
		if strings.Contains(text, "\x00") || len(text) > 255 || text == "../../x" || text == "/etc/passwd" {
			continue // no file has such a name
		}
		t.Run(what, func(t *testing.T) {
			for _, name := range []string{text + ".c", filepath.Join("sub", text), filepath.Join("sub", text, "x.c")} {
				dir := providertest.Fly(t, map[string]string{name: "// SPDX-License-Identifier: MIT\n"})
				_, err := provider.Load(t.Context(), dir)
				if err == nil {
					t.Errorf("%q is taken", name)
					continue
				}
				refused(t, dir, err)
			}
		})
	}
	long := strings.Repeat("x", 210) + ".c"
	_, err := provider.Load(t.Context(), providertest.Fly(t, map[string]string{long: "x"}))
	providertest.WantError(t, err, "a path of at most 200 bytes")
	deep := strings.Repeat("d/", 150) + "x.c"
	_, err = provider.Load(t.Context(), providertest.Fly(t, map[string]string{deep: "x"}))
	providertest.WantError(t, err, "a path of at most 200 bytes")
}

// What is not a file of the provider is refused at once, whatever is behind it.
func TestHostileFiles(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.c"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	sparse := func(size int64) func(string) error {
		return func(file string) error {
			f, err := os.Create(file)
			if err != nil {
				return err
			}
			defer f.Close()
			return f.Truncate(size)
		}
	}
	link := func(to string) func(string) error { return func(file string) error { return os.Symlink(to, file) } }
	for _, tt := range []struct {
		what, name string
		make       func(file string) error
		want       string
	}{
		{"a link to a file outside", "x.c", link(filepath.Join(outside, "secret.c")), "a symbolic link"},
		{"a link to a folder outside", "x", link(outside), "a symbolic link"},
		{"a link up", "x", link(".."), "a symbolic link"},
		{"a link to nowhere", "x.c", link("nowhere"), "a symbolic link"},
		{"a link to itself", "x.c", link("x.c"), "a symbolic link"},
		{"a link to its folder", "x", link("."), "a symbolic link"},
		{"a link to a device", "x.c", link("/dev/zero"), "a symbolic link"},
		{"a pipe", "x.c", func(f string) error { return syscall.Mkfifo(f, 0o600) }, "a special file"},
		{"a socket", "x.c", func(f string) error { return syscall.Mknod(f, syscall.S_IFSOCK|0o600, 0) }, "a special file"},
		{"a GiB", "x.c", sparse(1 << 30), "at most 8388608 bytes in one file, got 1073741824"},
		{"eight EiB, nearly", "x.c", sparse(1 << 42), "at most 8388608 bytes in one file"},
		{"the manifest is a GiB", provider.ManifestName, sparse(1 << 30), "at most 65536 bytes in one file"},
		{"CMakeLists.txt is a pipe", cmake.FileName, func(f string) error { return syscall.Mkfifo(f, 0o600) }, "a special file"},
		{"the manifest is a pipe", provider.ManifestName, func(f string) error { return syscall.Mkfifo(f, 0o600) }, "a regular file"},
		{"the manifest is a folder", provider.ManifestName, func(f string) error { return os.Mkdir(f, 0o755) }, "a regular file"},
		{"the manifest is elsewhere", provider.ManifestName, link(filepath.Join(outside, "secret.c")), "a regular file"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			dir := providertest.Fly(t, nil)
			file := filepath.Join(dir, tt.name)
			_ = os.Remove(file)
			if err := tt.make(file); err != nil {
				t.Skip(err) // not every file system has all of them
			}
			_, err := provider.Load(t.Context(), dir)
			providertest.WantError(t, err, tt.want)
			refused(t, dir, err)
			if strings.Contains(err.Error(), "secret\n") {
				t.Error("what is outside was read")
			}
		})
	}
}

// A directory that someone has unpacked a disk into ends at the first limit.
func TestHostileManyFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 100000 files")
	}
	dir := providertest.Fly(t, nil)
	many := filepath.Join(dir, "many")
	if err := os.Mkdir(many, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 100_000 {
		f, err := os.Create(filepath.Join(many, strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	_, err := provider.Load(t.Context(), dir)
	providertest.WantError(t, err, "at most 2000 files")
	refused(t, dir, err)
	// Where nobody asks for them they cost nothing.
	manifest := strings.Replace(providertest.Manifest, "lab/,", "lab/, many/,", 1)
	if err := os.WriteFile(filepath.Join(dir, provider.ManifestName), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Load(t.Context(), dir); err != nil {
		t.Error(err)
	}
}

// Line ends and a mark of another system change nothing.
func TestForeignManifest(t *testing.T) {
	want := loaded(t, providertest.Fly(t, nil)).Digest()
	for what, text := range map[string]string{
		"CRLF": providertest.CRLF(providertest.Manifest), "a byte order mark": "\xef\xbb\xbf" + providertest.Manifest, "both": "\xef\xbb\xbf" + providertest.CRLF(providertest.Manifest),
	} {
		if got := loaded(t, providertest.Fly(t, map[string]string{provider.ManifestName: text})).Digest(); got != want {
			t.Errorf("%s makes another provider", what)
		}
		bad := strings.Replace(text, "fly.ko", "fly", 1)
		_, err := provider.Load(t.Context(), providertest.Fly(t, map[string]string{provider.ManifestName: bad}))
		providertest.WantError(t, err, provider.ManifestName+":10:15: kernelModule: ")
	}
}

func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

func loaded(t *testing.T, dir string) *provider.Provider {
	t.Helper()
	p, err := provider.Load(t.Context(), dir)
	providertest.WantError(t, err)
	return p
}
