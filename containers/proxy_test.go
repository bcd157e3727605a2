// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	proxyPassword = "se%63ret/word" // not escaped as it should be, and a percent sign that is
	proxyURL      = "http://us%65r:" + proxyPassword + "@proxy.example:3128"
)

// leaks are all texts that must not be seen of the proxy.
func leaks() []string {
	return []string{proxyPassword, "secret/word", "dXNlcjpzZWNyZXQvd29yZA==", "proxy.example"}
}

// setProxies makes these the only proxies of the environment, and leaves docker's configuration empty.
func setProxies(t *testing.T, set map[string]string) {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	for _, name := range proxyNames() {
		for _, spelling := range []string{name, strings.ToLower(name)} {
			t.Setenv(spelling, set[spelling])
		}
	}
}

func TestReadProxies(t *testing.T) {
	const host = "unix:///some.sock"
	const config = `{"proxies": {
		"default": {"httpProxy": "http://d:1", "httpsProxy": "http://d:2", "ftpProxy": "http://d:3", "allProxy": "http://d:4", "noProxy": "d"},
		"tcp://other:1": {"httpsProxy": "http://o:1"}, "unix:///empty.sock": {}}}`
	for name, test := range map[string]struct {
		env          map[string]string
		host, config string
		want         string
		fails        bool
	}{
		"none":            {host: host},
		"no proxies":      {host: host, config: `{"auths": {}}`},
		"environment":     {env: map[string]string{"http_proxy": "http://e:1", "NO_PROXY": "a,b"}, host: host, config: config, want: "HTTP_PROXY=http://e:1 http_proxy=http://e:1 NO_PROXY=a,b no_proxy=a,b"},
		"both cases":      {env: map[string]string{"http_proxy": "http://e:1", "HTTP_PROXY": "http://e:2"}, host: host, want: "HTTP_PROXY=http://e:2 http_proxy=http://e:1"},
		"exceptions only": {env: map[string]string{"no_proxy": "a"}, host: host},
		"exceptions of the environment, proxies of the configuration": {
			env: map[string]string{"no_proxy": "a"}, host: "tcp://other:1", config: config, want: "HTTPS_PROXY=http://o:1 https_proxy=http://o:1",
		},
		"configuration": {host: host, config: config, want: "HTTP_PROXY=http://d:1 http_proxy=http://d:1 HTTPS_PROXY=http://d:2 https_proxy=http://d:2 " +
			"FTP_PROXY=http://d:3 ftp_proxy=http://d:3 ALL_PROXY=http://d:4 all_proxy=http://d:4 NO_PROXY=d no_proxy=d"},
		"of this engine":   {host: "tcp://other:1", config: config, want: "HTTPS_PROXY=http://o:1 https_proxy=http://o:1"},
		"none for this":    {host: "unix:///empty.sock", config: config},
		"not JSON":         {host: host, config: `{"proxies": `, fails: true},
		"more than a line": {env: map[string]string{"http_proxy": "http://e:1\nPATH=/evil"}, host: host, fails: true},
	} {
		setProxies(t, test.env)
		if test.config != "" {
			if err := os.WriteFile(filepath.Join(configDir(), "config.json"), []byte(test.config), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := readProxies(test.host)
		var all []string
		for _, name := range proxyNames() {
			for _, spelling := range []string{name, strings.ToLower(name)} {
				if value, ok := got[spelling]; ok {
					all = append(all, spelling+"="+value)
				}
			}
		}
		if text := strings.Join(all, " "); text != test.want || (err != nil) != test.fails || len(all) != len(got) {
			t.Errorf("%s: got %s, %v, want %s", name, text, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "e:1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A run with a network gets the proxies on its standard input; nothing of them is in the container's configuration.
func TestRunPassesProxies(t *testing.T) {
	for _, network := range []bool{false, true} {
		fake := useFake(t)
		setProxies(t, map[string]string{"https_proxy": proxyURL})
		e := connectFake(t)
		_, err := e.Run(t.Context(), RunSpec{Name: "x", Image: "i", Argv: []string{"/do", "it"}, Network: network, Commit: "a:b"})
		if err != nil {
			t.Fatal(err)
		}
		created := fmt.Sprint(fake.created)
		for _, leak := range leaks() {
			if strings.Contains(created, leak) {
				t.Errorf("network %t: the engine was told %s", network, created)
			}
		}
		want, entry := "", "[/do it]"
		if network {
			want = "HTTPS_PROXY=" + proxyURL + "\nhttps_proxy=" + proxyURL + "\n\n"
			entry = "[/bin/sh -c " + readAndRun + " sh /do it]"
		}
		if got := fmt.Sprint(fake.created["Entrypoint"]); string(fake.stdin) != want || got != entry || fake.created["OpenStdin"] != network {
			t.Errorf("network %t: entrypoint %s got %q", network, got, fake.stdin)
		}
	}
}

// A build with a network gets them as build arguments, before those that the caller found.
func TestBuildPassesProxies(t *testing.T) {
	for _, network := range []bool{false, true} {
		fake := useFake(t)
		setProxies(t, map[string]string{"http_proxy": proxyURL})
		e := connectFake(t)
		given := map[string]string{"X": "1", "http_proxy": "http://caller"}
		if _, err := e.Build(t.Context(), BuildSpec{ContextTar: strings.NewReader(""), Tag: "a:b", Args: given, Network: network}); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"X": "1", "http_proxy": "http://caller"}
		if network {
			want = map[string]string{"X": "1", "http_proxy": proxyURL, "HTTP_PROXY": proxyURL}
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(fake.query("buildargs")), &got); err != nil || !maps.Equal(got, want) {
			t.Errorf("network %t: %v, %v", network, got, err)
		}
		if len(given) != 2 || given["http_proxy"] != "http://caller" {
			t.Errorf("the caller's arguments are changed: %v", given)
		}
	}
}

// What a command prints of a password is seen nowhere, also not in errors.
func TestPasswordsAreReplaced(t *testing.T) {
	const said = "* proxy " + proxyURL + "\n> Proxy-Authorization: Basic dXNlcjpzZWNyZXQvd29yZA==\nsecret/word and " + proxyPassword
	clean := func(what, text string) {
		t.Helper()
		if strings.Count(text, mask) < 4 {
			t.Errorf("%s: %q", what, text)
		}
		for _, leak := range leaks()[:3] {
			if strings.Contains(text, leak) {
				t.Errorf("%s: %s is in %q", what, leak, text)
			}
		}
	}
	fake := useFake(t)
	setProxies(t, map[string]string{"http_proxy": proxyURL})
	fake.output = func(w io.Writer) {
		for i := range said { // the smallest pieces
			_, _ = w.Write(frame(1, said[i:i+1]))
		}
	}
	fake.build = func(w io.Writer) {
		for i := range said {
			_, _ = fmt.Fprintf(w, `{"stream":%q}`, said[i:i+1])
		}
		_, _ = fmt.Fprintf(w, `{"errorDetail":{"code":1,"message":%q},"error":%q}`, said, said)
	}
	e := connectFake(t)
	var log, out bytes.Buffer
	result, err := e.Run(t.Context(), RunSpec{Name: "x", Image: "i", Argv: []string{"/x"}, Network: true, Log: &log, Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	clean("log", log.String())
	clean("standard output", out.String())
	clean("tail", strings.Join(result.Tail, "\n"))

	log.Reset()
	// The caller's own proxy is one too.
	for _, args := range []map[string]string{nil, {"HTTPS_proxy": proxyURL}} {
		if args != nil {
			e.proxies = nil
		}
		_, err = e.Build(t.Context(), BuildSpec{ContextTar: strings.NewReader(""), Tag: "a:b", Args: args, Network: true, Log: &log})
		failed, ok := errors.AsType[*BuildError](err)
		if !ok {
			t.Fatal(err)
		}
		clean("build's log", log.String())
		clean("build's error", err.Error())
		clean("build's tail", strings.Join(failed.Lines, "\n"))
	}
}

// The client names the request in its error, and the arguments are in the request.
func TestLostBuildShowsNoArguments(t *testing.T) {
	fake := useFake(t)
	setProxies(t, map[string]string{"http_proxy": "http://user:verysecret@h:1"})
	fake.breaks(t, "build", cut)
	e := connectFake(t)
	_, err := e.Build(t.Context(), BuildSpec{ContextTar: strings.NewReader(""), Tag: "a:b", Network: true})
	if err == nil || strings.Contains(err.Error(), "verysecret") || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("got %v", err)
	}
}

func TestMasker(t *testing.T) {
	p := proxies{"http_proxy": "http://me:abab@h", "https_proxy": "http://me:ababc@h", "all_proxy": "http://x:y@h", "ftp_proxy": "http://token@h"}
	for text, want := range map[string]string{
		"":                        "",
		"nothing of it":           "nothing of it",
		"ab":                      "ab",
		"xabab":                   "x***",
		"xababab":                 "x***ab",
		"aabababc":                "a***abc",
		"xababcx":                 "x***x",
		"abaababc":                "aba***",
		"a y, x:y":                "a y, ***", // too short to be replaced alone
		"me:ababc@h me:abab":      "***h ***",
		"token, bWU6YWJhYg==":     "***, ***",
		"Basic dG9rZW46":          "Basic ***",
		"the first of ababc: aba": "the first of ***: aba",
	} {
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				var out strings.Builder
				m := masked(&out, p.secrets())
				for _, piece := range []string{text[:i], text[i:j], text[j:]} {
					if n, err := io.WriteString(m, piece); n != len(piece) || err != nil {
						t.Fatal(n, err)
					}
				}
				if err := m.end(); err != nil || out.String() != want {
					t.Fatalf("%q, cut at %d and %d: got %q, want %q, %v", text, i, j, out.String(), want, err)
				}
			}
		}
		if got := p.hide(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	broken := masked(output(func([]byte) error { return io.ErrShortWrite }), p.secrets())
	if _, err := broken.Write([]byte("z")); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}

func TestProxiesAreShownWithoutPasswords(t *testing.T) {
	e := &Engine{proxies: proxies{"HTTP_PROXY": proxyURL, "http_proxy": proxyURL, "https_proxy": "h:1", "ALL_PROXY": "me:pw@h:2", "no_proxy": "x"}}
	if got := fmt.Sprint(e.Proxies()); got != "[***@h:2 http://***@proxy.example:3128 h:1]" {
		t.Error(got)
	}
}
