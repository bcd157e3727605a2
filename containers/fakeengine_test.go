// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// fakeEngine speaks as much of the engine's API as this package uses. It is one for the whole test process, because
// testcontainers-go looks for its engine once.
type fakeEngine struct {
	host string

	mu      sync.Mutex
	started chan struct{} // closed once a container starts
	fault   fault
	removed int                 // containers and images
	created map[string]any      // the last request to create a container
	answers map[string]string   // in place of the usual answer, by operation
	output  func(w io.Writer)   // what the container prints
	files   []byte              // what is copied out
	said    map[string]int      // how often each operation was asked for
	build   func(w io.Writer)   // what a build says
	updated map[string]any      // the last update of a container
	buildQ  map[string][]string // query of the last build
	missing map[string]bool     // operations that end with "no such thing"
	put     [][]byte            // what was copied in
	stdin   []byte              // what the container was sent
}

// fault is what is wrong with one operation.
type fault struct {
	operation string
	mode      string
	seen      chan struct{} // closed when the operation was asked for
	release   chan struct{} // closed when the test is over
	once      *sync.Once
}

// The ways in which an engine can fail to answer.
const (
	hangs   = "hangs"   // says nothing at all
	stalls  = "stalls"  // begins its answer and says no more
	cut     = "cut"     // closes the connection instead of an answer
	half    = "half"    // closes it within the answer
	garbage = "garbage" // answers what is not an answer
	empty   = "empty"   // answers {}
	endless = "endless" // does not stop answering
)

var theFake = sync.OnceValue(func() *fakeEngine {
	dir, err := os.MkdirTemp("", "fake-engine-")
	if err != nil {
		panic(err)
	}
	socket := filepath.Join(dir, "d.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		panic(err)
	}
	f := &fakeEngine{host: "unix://" + socket}
	f.reset()
	go func() { _ = http.Serve(listener, f) }()
	return f
})

func (f *fakeEngine) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.answers, f.created, f.files, f.removed = fault{}, map[string]string{}, nil, nil, 0
	f.said, f.updated, f.buildQ = map[string]int{}, nil, nil
	f.missing, f.put, f.stdin = map[string]bool{}, nil, nil
	f.started = make(chan struct{})
	f.output = func(w io.Writer) { _, _ = w.Write(frame(1, "hello\n")) }
	f.build = func(w io.Writer) {
		_, _ = io.WriteString(w, `{"stream":"Step 1/1 : FROM x\n"}`+"\n"+`{"aux":{"ID":"sha256:0123456789abcdef0123"}}`+"\n")
	}
}

// useFake makes the fake engine the one that Connect finds.
func useFake(t *testing.T) *fakeEngine {
	t.Helper()
	f := theFake()
	f.reset()
	t.Setenv("DOCKER_HOST", f.host)
	t.Setenv("DOCKER_CERT_PATH", "")
	setProxies(t, nil)
	t.Cleanup(f.reset)
	return f
}

// answer sets the answer of an operation.
func (f *fakeEngine) answer(operation, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[operation] = text
}

// lacks lets operations end with "no such thing".
func (f *fakeEngine) lacks(operations ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, operation := range operations {
		f.missing[operation] = true
	}
}

// gives sets what is copied out.
func (f *fakeEngine) gives(files []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files = files
}

// times is how often an operation was asked for.
func (f *fakeEngine) times(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.said[operation]
}

// query is the value of a parameter of the last build.
func (f *fakeEngine) query(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.buildQ[name], "|")
}

// breaks makes an operation fail, until the end of the test.
func (f *fakeEngine) breaks(t *testing.T, operation, mode string) fault {
	t.Helper()
	broken := fault{operation, mode, make(chan struct{}), make(chan struct{}), new(sync.Once)}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = broken
	t.Cleanup(func() { close(broken.release) })
	return broken
}

// The operations, in the engine's paths behind the version.
var operations = []struct {
	name, method string
	path         *regexp.Regexp
	answer       string
}{
	{"ping", "", regexp.MustCompile(`^/_ping$`), "OK"},
	{"version", http.MethodGet, regexp.MustCompile(`^/version$`), `{"Version":"20.10.0","Os":"linux","Arch":"amd64","Components":[{"Name":"Engine"}]}`},
	{"info", http.MethodGet, regexp.MustCompile(`^/info$`), `{"ID":"x","MemTotal":8589934592}`},
	{"networks", http.MethodGet, regexp.MustCompile(`^/networks$`), `[{"Name":"none","Id":"n"}]`},
	{"list", http.MethodGet, regexp.MustCompile(`^/containers/json$`), `[]`},
	{"image", http.MethodGet, regexp.MustCompile(`^/images/.*/json$`), `{"Id":"sha256:0123456789abcdef","Config":{}}`},
	{"create", http.MethodPost, regexp.MustCompile(`^/containers/create$`), `{"Id":"c1c1c1c1c1c1"}`},
	{"inspect", http.MethodGet, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/json$`), `{"Id":"c1c1c1c1c1c1","State":{"Status":"exited","ExitCode":0}}`},
	{"attach", http.MethodPost, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/attach$`), ""},
	{"wait", http.MethodPost, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/wait$`), `{"StatusCode":0}`},
	{"start", http.MethodPost, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/start$`), ""},
	{"update", http.MethodPost, regexp.MustCompile(`^/containers/[^/]*/update$`), `{}`},
	{"stop", http.MethodPost, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/stop$`), ""},
	{"remove", http.MethodDelete, regexp.MustCompile(`^/containers/`), ""},
	{"stat", http.MethodHead, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/archive$`), ""},
	{"put", http.MethodPut, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/archive$`), ""},
	{"get", http.MethodGet, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/archive$`), ""},
	{"export", http.MethodGet, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/export$`), "files"},
	{"commit", http.MethodPost, regexp.MustCompile(`^/commit$`), `{"Id":"sha256:0123"}`},
	{"build", http.MethodPost, regexp.MustCompile(`^/build$`), ""},
	{"import", http.MethodPost, regexp.MustCompile(`^/images/create$`), `{"status":"sha256:0123"}`},
	{"distribution", http.MethodGet, regexp.MustCompile(`^/distribution/`), `{"Descriptor":{"digest":"sha256:01"}}`},
	{"rmi", http.MethodDelete, regexp.MustCompile(`^/images/`), `[]`},
	{"images", http.MethodGet, regexp.MustCompile(`^/images/json$`), `[]`},
	{"volume", http.MethodPost, regexp.MustCompile(`^/volumes/create$`), `{"Name":"v"}`},
	{"volumes", http.MethodGet, regexp.MustCompile(`^/volumes$`), `{"Volumes":[]}`},
	{"rmvolume", http.MethodDelete, regexp.MustCompile(`^/volumes/`), ""},
	{"stats", http.MethodGet, regexp.MustCompile(`^/containers/c1c1c1c1c1c1/stats$`), `{"pids_stats":{"current":7}}`},
	{"df", http.MethodGet, regexp.MustCompile(`^/system/df$`), `{}`},
}

var apiVersion = regexp.MustCompile(`^/v1\.\d+`)

func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := apiVersion.ReplaceAllString(r.URL.Path, "")
	for _, op := range operations {
		if (op.method != "" && op.method != r.Method) || !op.path.MatchString(path) {
			continue
		}
		f.mu.Lock()
		broken, answer, missing := f.fault, op.answer, f.missing[op.name]
		f.said[op.name]++
		if other, ok := f.answers[op.name]; ok {
			answer = other
		}
		f.mu.Unlock()
		if broken.operation == op.name {
			broken.once.Do(func() { close(broken.seen) })
			fail(w, broken)
			return
		}
		if missing {
			http.Error(w, `{"message":"no such thing"}`, http.StatusNotFound)
			return
		}
		f.serve(w, r, op.name, answer)
		return
	}
	http.Error(w, `{"message":"no such call: `+r.Method+" "+path+`"}`, http.StatusNotFound)
}

// serve answers as an engine does.
func (f *fakeEngine) serve(w http.ResponseWriter, r *http.Request, operation, answer string) {
	f.mu.Lock()
	started, output, files, build := f.started, f.output, f.files, f.build
	f.mu.Unlock()
	switch operation {
	case "ping":
		w.Header().Set("Api-Version", "1.41")
	case "create":
		f.decode(r, &f.created)
	case "update":
		f.decode(r, &f.updated)
	case "attach":
		f.attached(w, r.URL.Query().Get("stdin") == "1", started, output)
		return
	case "wait":
		_ = http.NewResponseController(w).Flush()
		select {
		case <-started:
		case <-r.Context().Done():
			return
		}
	case "start":
		close(started)
		w.WriteHeader(http.StatusNoContent)
	case "stop", "remove", "rmvolume":
		f.mu.Lock()
		f.removed++
		f.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	case "stat", "get":
		setStat(w)
		_, _ = w.Write(files)
	case "put":
		data, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.put = append(f.put, data)
		f.mu.Unlock()
	case "import":
		_, _ = io.Copy(io.Discard, r.Body)
	case "build":
		f.mu.Lock()
		f.buildQ = r.URL.Query()
		f.mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body)
		build(w)
	}
	_, _ = io.WriteString(w, answer)
}

func (f *fakeEngine) decode(r *http.Request, into *map[string]any) { //nolint:gocritic // it is replaced
	f.mu.Lock()
	defer f.mu.Unlock()
	*into = nil
	_ = json.NewDecoder(r.Body).Decode(into)
}

// attached returns the container's output on the connection, once it has started and, with stdin, has read up to an empty
// line.
func (f *fakeEngine) attached(w http.ResponseWriter, stdin bool, started <-chan struct{}, output func(io.Writer)) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	gone, sent := make(chan struct{}), make(chan struct{})
	go func() {
		for line, err := []byte("first"), error(nil); stdin && err == nil && len(line) > 1; {
			line, err = buffered.ReadBytes('\n')
			f.mu.Lock()
			f.stdin = append(f.stdin, line...)
			f.mu.Unlock()
		}
		close(sent)
		_, _ = io.Copy(io.Discard, buffered)
		close(gone)
	}()
	select {
	case <-started:
		<-sent
		output(conn)
	case <-gone:
	}
}

// setStat sets the header in which an engine says what it copies.
func setStat(w http.ResponseWriter) {
	stat := fmt.Appendf(nil, `{"name":"out","mode":%d}`, uint32(os.ModeDir|0o755))
	w.Header().Set("X-Docker-Container-Path-Stat", base64.StdEncoding.EncodeToString(stat))
}

// frame is a piece of output of a stream, as an engine multiplexes it.
func frame(stream byte, text string) []byte {
	n := len(text)
	return append([]byte{stream, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, text...)
}

// fail answers as the fault says.
func fail(w http.ResponseWriter, broken fault) {
	switch broken.mode {
	case hangs:
		<-broken.release
		return
	case stalls:
		if broken.operation == "get" { // without the header it is not the beginning of an answer
			setStat(w)
		}
		_ = http.NewResponseController(w).Flush()
		<-broken.release
		return
	case garbage:
		_, _ = io.WriteString(w, "\x01\x02<html>not an answer")
		return
	case empty:
		_, _ = io.WriteString(w, "{}")
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	switch broken.mode {
	case half:
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nContent-Type: application/json\r\n\r\n{\"Id\":\"")
	case endless:
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"Id\":\"")
		for err == nil {
			_, err = io.WriteString(conn, strings.Repeat("x", 1<<16))
		}
	}
}

// archiveOf is a tar stream of one directory "out" with a file.
func archiveOf(t *testing.T, entries ...[]any) []byte {
	t.Helper()
	stream, err := tarOf(join(append([][]any{dirEntry("out/")}, entries...)...)...)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}
