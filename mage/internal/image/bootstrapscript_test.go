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
mkdir -p "$root/etc/apt/apt.conf.d" "$root/var/lib/apt/lists" "$root/var/cache/apt" "$root/var/log" "$root/tmp" "$root/run"
echo "deb $4 bookworm main" >"$root/etc/apt/sources.list"
echo 'Date: Sat, 01 Nov 2025 10:00:00 UTC' | tee "$root/var/lib/apt/lists/a_InRelease" >"$root/var/lib/apt/lists/a_Release"
echo "$http_proxy" >"$SEEN/proxy"
cp "$HOME/.netrc" "$SEEN/netrc"
exit "$STATUS"`,
	"host-packages.sh": "exit 0",
	"dpkg-query":       "printf installed",
}

func TestBootstrapKeepsSecretsOut(t *testing.T) {
	for _, status := range []string{"0", "1"} {
		dir := t.TempDir()
		machine := filepath.Join(dir, "bin")
		if err := os.Mkdir(machine, 0o755); err != nil {
			t.Fatal(err)
		}
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
		out := filepath.Join(dir, "out.tar")
		cmd := exec.CommandContext(t.Context(), filepath.Join(machine, bootstrapScript), "bookworm", out)
		cmd.Env = append(os.Environ(), "PATH="+machine+":"+os.Getenv("PATH"), "SEEN="+dir, "STATUS="+status, "http_proxy=")
		said, err := cmd.CombinedOutput()
		if (err == nil) != (status == "0") || strings.Contains(string(said), "secret") {
			t.Errorf("status %s: %v\n%s", status, err, said)
		}
		if !strings.Contains(string(said), "mirror.example") || !strings.Contains(string(said), "***@proxy.example:3128/") {
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
		left, err := filepath.Glob(out + ".*")
		if err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
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
