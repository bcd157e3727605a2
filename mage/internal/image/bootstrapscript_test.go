// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/scripts"
)

// The commands that the script asks, as a machine has them whose mirror and proxy want a password.
var bootstrapMachine = map[string]string{
	"id": "echo 0",
	"apt-get": `[ "$1" = indextargets ] || exit 0
echo 'Packages|Debian|Debian|main|https://mirror-user:mirror%2Dsecret@mirror.example:8443/debian/'`,
	"apt-config": `case "$*" in
*%F*) printf 'Acquire::http::Proxy "http://proxy-user:proxy-secret@proxy.example:3128/";\n'
	printf 'Acquire::http::Proxy::a "proxy-user:proxy-secret@proxy.example:3128";\n'
	printf 'Acquire::http::Proxy::b "http://proxy-user:proxy/secret@proxy.example";\n'
	printf 'Acquire::https::Proxy "http://plain.example:3128/";\n'
	printf 'Acquire::http::Proxy-Auto-Detect "/usr/bin/auto";\n' ;;
*) echo 'http://proxy-user:proxy-secret@proxy.example:3128/' ;;
esac`,
	"debootstrap": `root=$3
echo "I: Retrieving InRelease from http://proxy-user:proxy-secret@proxy.example:3128/ $4"
echo "W: https://mirror-user:mirror-secret@mirror.example" >&2
echo "W: http://u:it's-secret@a.example http://u:my/secret@b.example HTTP://u:secret@c.example:80/d" >&2
mkdir -p "$root/etc/apt/apt.conf.d" "$root/var/lib/apt/lists" "$root/var/cache/apt" "$root/var/log" "$root/tmp" "$root/run" "$root/usr/sbin"
echo "deb $4 bookworm main" >"$root/etc/apt/sources.list"
echo 'Date: Sat, 01 Nov 2025 10:00:00 UTC' | tee "$root/var/lib/apt/lists/a_InRelease" >"$root/var/lib/apt/lists/a_Release"
echo "$http_proxy" >"$SEEN/proxy"
cp "$HOME/.netrc" "$SEEN/netrc"
exit "$STATUS"`,
	// The last arguments are the tree, the script's own directory, and the step. It ends as if no service had been started.
	"unshare": `echo "$*" >>"${0%/*}/arguments"
while [ $# -gt 3 ]; do shift; done
[ "$HOME $http_proxy $SEEN" = " http://proxy-user:proxy-secret@proxy.example:3128/ " ] || exit 3
[ -e "$1/usr/sbin/policy-rc.d" ] && [ -e "$1/etc/resolv.conf" ] || exit 4
echo 'Date: Sun, 02 Nov 2025 10:00:00 UTC' >"$2/lists/b_InRelease"
echo "$3" >>"$1/etc/steps"
touch "$1/etc/young"
[ "$3" != wrong ] || exit 5
"$2/etc/policy-rc.d"
[ $? = 101 ]`,
	"host-packages.sh": "exit 0",
	"dpkg-query":       "printf installed",
}

// bootstrapScriptOn puts the script and a machine's commands into a directory.
func bootstrapScriptOn(t *testing.T) (machine string) {
	t.Helper()
	machine = t.TempDir()
	text, err := scripts.Read(bootstrapScript)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{bootstrapScript: string(text)}
	for name, script := range bootstrapMachine {
		files[name] = "#!/bin/sh\n" + script + "\n"
	}
	for name, script := range files {
		if err := os.WriteFile(filepath.Join(machine, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return machine
}

// bootstrap runs the script on a machine. Nothing that it says is secret, and it leaves nothing else.
func bootstrap(t *testing.T, machine, status, out string, steps ...string) (said string, err error) {
	t.Helper()
	dir := filepath.Dir(out)
	cmd := exec.CommandContext(t.Context(), filepath.Join(machine, bootstrapScript), append([]string{"bookworm", out}, steps...)...)
	cmd.Env = append(os.Environ(), "PATH="+machine+":"+os.Getenv("PATH"), "SEEN="+dir, "STATUS="+status, "http_proxy=")
	output, err := cmd.CombinedOutput()
	left, globErr := filepath.Glob(out + ".*")
	if strings.Contains(string(output), "secret") || globErr != nil || len(left) > 0 {
		t.Errorf("left: %v, %v\n%s", left, globErr, output)
	}
	return string(output), err
}

func TestBootstrapKeepsSecretsOut(t *testing.T) {
	for _, status := range []string{"0", "1"} {
		dir := t.TempDir()
		out := filepath.Join(dir, "out.tar")
		said, err := bootstrap(t, bootstrapScriptOn(t), status, out)
		if (err == nil) != (status == "0") {
			t.Errorf("status %s: %v\n%s", status, err, said)
		}
		if !strings.Contains(said, "mirror.example") || !strings.Contains(said, "***@proxy.example:3128/") {
			t.Errorf("what is no secret is still said: %s", said)
		}
		// What debootstrap itself needs, it gets.
		for name, want := range map[string]string{
			"netrc": "machine mirror.example login mirror-user password mirror-secret\n",
			"proxy": "http://proxy-user:proxy-secret@proxy.example:3128/\n",
		} {
			if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
				t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
			}
		}
		if status != "0" {
			continue
		}
		tree := filesOf(t, out)
		for name, text := range tree {
			if strings.Contains(text, "secret") {
				t.Errorf("%s: %s", name, text)
			}
		}
		if got, want := tree["./etc/apt/sources.list"], "deb https://mirror.example:8443/debian/ bookworm main\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := tree["./etc/apt/apt.conf.d/01proxy"], "Acquire::https::Proxy \"http://plain.example:3128/\";\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Each step of a script is an archive. Neither the proxy's password nor what keeps services from starting is in one, the password is in
// no command's arguments either, and times are those of apt's lists. A step that fails leaves the archives before it.
func TestBootstrapSteps(t *testing.T) {
	for _, last := range []string{"tools", "wrong"} {
		out, machine := filepath.Join(t.TempDir(), "out"), bootstrapScriptOn(t)
		if err := os.Mkdir(out, 0o755); err != nil {
			t.Fatal(err)
		}
		said, err := bootstrap(t, machine, "0", out, filepath.Join(machine, "debootstrap"), "base", last)
		if (err == nil) != (last == "tools") || last == "wrong" && !strings.Contains(said, "debootstrap wrong failed") {
			t.Errorf("%s: %v\n%s", last, err, said)
		}
		arguments, err := os.ReadFile(filepath.Join(machine, "arguments"))
		if err != nil || strings.Contains(string(arguments), "secret") {
			t.Errorf("%v, arguments %s", err, arguments)
		}
		archives, err := filepath.Glob(out + "/*")
		want := map[string]string{filepath.Join(out, "base.tar"): "base\n"}
		if last == "tools" {
			want[filepath.Join(out, "tools.tar")] = "base\ntools\n"
		}
		if err != nil || len(archives) != len(want) {
			t.Errorf("%s: wrote %q, %v", last, archives, err)
		}
		for archive, steps := range want {
			tree := filesOf(t, archive)
			for name, text := range tree {
				if strings.Contains(text, "secret") || strings.HasSuffix(name, "policy-rc.d") || strings.HasSuffix(name, "resolv.conf") {
					t.Errorf("%s has %s: %s", archive, name, text)
				}
			}
			if tree["./etc/steps"] != steps {
				t.Errorf("%s: steps %q", archive, tree["./etc/steps"])
			}
			if at := timeIn(t, archive, "./etc/young"); at != "2025-11-02T10:00:00Z" {
				t.Errorf("%s: the time of a younger file is %s", archive, at)
			}
		}
	}
}

// timeIn is the time of a file in an archive.
func timeIn(t *testing.T, archive, name string) string {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if h.Name == name {
			return h.ModTime.UTC().Format(time.RFC3339)
		}
	}
}

// filesOf reads the regular files of an archive.
func filesOf(t *testing.T, archive string) map[string]string {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	files := make(map[string]string)
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(data)
	}
}

func TestSecretProxiesAreArgumentsOfBuilds(t *testing.T) {
	dir := t.TempDir()
	script := `#!/bin/sh
case $4 in
Acquire::http::Proxy) echo http://user:secret@proxy:3128/ ;;
Acquire::https::Proxy) echo http://plain:3128/ ;;
esac
`
	if err := os.WriteFile(filepath.Join(dir, "apt-config"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	got := buildArgs(t.Context(), map[string]string{"BASE": "b"})
	if len(got) != 2 || got["BASE"] != "b" || got["http_proxy"] != "http://user:secret@proxy:3128/" {
		t.Errorf("got %v", got)
	}
}
