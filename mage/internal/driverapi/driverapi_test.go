// SPDX-License-Identifier: Apache-2.0

package driverapi_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
)

const older = `
#ifndef DRIVER_H
#define DRIVER_H
extern "C" {
enum { FLY_A = 1 << 0, FLY_B };
/* a comment; with a semicolon */
struct fly_ops {
	int (*open)(struct ctx *ctx,
		    int fd); // of the device
	void *priv, **other;
	char name[FLY_MAX];
	union {
		struct a plain;
		struct b wide;
	};
};
typedef int (*fly_cb)(int);
int fly_open(struct ctx *ctx, size_t size, const char name[]);
static inline struct fly *fly_of(struct ctx *ctx) { if (ctx) { return 0; } return 1; }
void fly_gone(void);
}
#endif
`

const newer = `
#define fly_log(ctx, \
		arg...) fly_print(ctx)
enum { FLY_A = 1, FLY_C };
struct fly_ops {
	int (*open)(struct ctx *ctx, int fd, int flags);
	void *priv, *other;
	char name[FLY_MAX];
	union { struct a plain; struct b wide; };
	void (*close)(struct ctx *ctx);
};
struct fly_late { int a; };
int fly_open(struct ctx *ctx, uint32_t size, const char *name);
static inline struct fly *fly_of(struct ctx *context) { return 0; }
int fly_new(int);
`

func history() driverapi.History {
	return driverapi.Collect([]driverapi.Release{
		{Version: "40.0", PrivateABI: 34, Header: driverapi.ParseHeader(older)},
		{Version: "41.0", PrivateABI: 34, Header: driverapi.ParseHeader(older)},
		{Version: "57.0", PrivateABI: 57, Header: driverapi.ParseHeader(newer)},
		{Version: "58.0", PrivateABI: 57, Header: driverapi.ParseHeader(newer + "int fly_again(void);")},
	})
}

func TestDifferences(t *testing.T) {
	h := history()
	var got []string
	for i := range h.Items {
		got = append(got, h.Differences(&h.Items[i])...)
	}
	const test = ": test IBVERBS_PABI_VERSION >= 57"
	want := []string{
		"DRIVER_H is not in driver.h from v57.0 on" + test,
		"FLY_B is not in driver.h from v57.0 on" + test,
		"FLY_C is in driver.h from v57.0 on" + test,
		"fly_log is in driver.h from v57.0 on" + test,
		"fly_again is in driver.h from v58.0 on: the private ABI is the same, so test the release (docs/other-releases.md)",
		"fly_gone is not in driver.h from v57.0 on" + test,
		"fly_new is in driver.h from v57.0 on" + test,
		"fly_open differs in argument 2 from v57.0 on" + test,
		"a is in struct fly_late from v57.0 on" + test,
		"close is in struct fly_ops from v57.0 on" + test,
		"open has 3 arguments from v57.0 on (2 before)" + test,
		"other differs in the type from v57.0 on" + test,
		"struct fly_late is in driver.h from v57.0 on" + test,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestExplain(t *testing.T) {
	known, err := driverapi.Known()
	if err != nil {
		t.Fatal(err)
	}
	const (
		getContext = "ibv_cmd_get_context has 6 arguments from v57.0 on (5 before): test IBVERBS_PABI_VERSION >= 57"
		release    = ": the private ABI is the same, so test the release (docs/other-releases.md)"
	)
	for _, tt := range []struct {
		said string
		want []string
	}{
		{"fly.c:3:1: error: too many arguments to function ‘ibv_cmd_get_context’", []string{getContext}},
		{"error: too many arguments to function 'ibv_cmd_get_context'; expected 5, have 6", []string{getContext}},
		{"error: too few arguments to function 'ibv_cmd_create_qp_ex2'", []string{
			"ibv_cmd_create_qp_ex2 has 8 arguments from v64.0 on (7 before): test IBVERBS_PABI_VERSION >= 64",
		}},
		{"warning: passing argument 4 of 'ibv_cmd_get_context' from incompatible pointer type", []string{getContext}},
		{"error: implicit declaration of function 'ibv_cmd_reg_mr_ex'; did you mean 'ibv_cmd_reg_mr'?", []string{
			"ibv_cmd_reg_mr_ex is in driver.h from v59.0 on: test IBVERBS_PABI_VERSION >= 59",
		}},
		{"error: implicit declaration of function 'verbs_err'", []string{"verbs_err is in driver.h from v37.0 on" + release}},
		{"error: 'const struct verbs_context_ops' has no member named 'import_dm'", []string{
			"import_dm is in struct verbs_context_ops from v35.0 on" + release,
		}},
		{"error: unknown field 'query_port_speed' specified in initializer", []string{
			"query_port_speed is in struct verbs_context_ops from v62.0 on" + release,
		}},
		{"error: 'IBV_MR_TYPE_DMABUF_MR' undeclared (first use in this function)", []string{
			"IBV_MR_TYPE_DMABUF_MR is in driver.h from v34.0 on: test IBVERBS_PABI_VERSION >= 34",
		}},
		{"error: invalid use of undefined type 'struct verbs_dmah'", []string{
			"struct verbs_dmah is in driver.h from v59.0 on: test IBVERBS_PABI_VERSION >= 59",
		}},
		{"error: too few arguments to function 'ibv_cmd_poll_cq'", nil}, // the same in every release
		{"error: 'fly_nowhere' undeclared (first use in this function)", nil},
		{"note: ibv_cmd_get_context", nil},
	} {
		if got := known.Explain(tt.said); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.said, got, tt.want)
		}
	}
}

// TestExplainStructures has gcc's own words for a structure that the release has not,
// which name it in the source line only.
func TestExplainStructures(t *testing.T) {
	known, err := driverapi.Known()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"struct ibv_buf is in driver.h from v64.0 on: test IBVERBS_PABI_VERSION >= 64"}
	for _, said := range []string{
		"a.c:2:28: error: field ‘b’ has incomplete type\n    2 | struct s { int a; struct ibv_buf b; };\n",
		"a.c:4:9: error: variable ‘v’ has initializer but incomplete type\n    4 |  struct ibv_buf v = {};\n",
		"a.c:5:11: error: storage size of ‘w’ isn’t known\n    5 |  struct ibv_buf w;\n",
	} {
		if got := known.ExplainLog(strings.NewReader(said)); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", said, got, want)
		}
	}
	if got := known.ExplainLog(strings.NewReader("a.c:5:1: warning: unused\n    5 |  struct ibv_buf w;\n")); len(got) > 0 {
		t.Errorf("a warning is explained: %q", got)
	}
}

func TestExplainLogIsBounded(t *testing.T) {
	known, err := driverapi.Known()
	if err != nil {
		t.Fatal(err)
	}
	line := "error: too few arguments to function 'ibv_cmd_get_context'"
	long := strings.Repeat("x", 1<<20) + "\n"
	if got := known.ExplainLog(strings.NewReader(long + line + "\n" + line + "\n" + long)); len(got) != 1 {
		t.Errorf("got %q, want one sentence", got)
	}
	var all strings.Builder
	for i := range known.Items {
		all.WriteString("a.c:1:2: error: implicit declaration of function '" + known.Items[i].Name + "'\n")
	}
	if got := known.ExplainLog(strings.NewReader(all.String())); len(got) != 5 {
		t.Errorf("got %d sentences, want 5", len(got))
	}
	// The last complaint has two sentences, of which there is room for one.
	var six strings.Builder
	for _, name := range []string{"cmd_get_context", "cmd_create_qp_ex2", "get_fw_ver", "cmd_query_device", "cmd_create_cq_ex"} {
		six.WriteString("error: too few arguments to function 'ibv_" + name + "'\n")
	}
	if got := known.ExplainLog(strings.NewReader(six.String())); len(got) != 5 || !strings.HasPrefix(got[4], "ibv_cmd_create_cq_ex has 8") {
		t.Errorf("got %q, want five sentences", got)
	}
}

// TestFiles holds api.json to the form in which it is written, and the page to
// api.json.
func TestFiles(t *testing.T) {
	known, err := driverapi.Known()
	if err != nil {
		t.Fatal(err)
	}
	data, err := known.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{driverapi.DataFile: string(data), driverapi.Page: known.Markdown()} {
		got, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what api.json says: run go tool mage releases:api", file)
		}
	}
}

// endless is a log without an end; it fails the test once that much of it was read.
type endless struct {
	t    *testing.T
	line string
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left -= len(p); e.left < 0 {
		e.t.Fatal("it reads on")
	}
	n := 0
	for len(p)-n >= len(e.line) {
		n += copy(p[n:], e.line)
	}
	return n, nil
}

// A build may print as much as the limit of its log allows, and fail.
func TestExplainLogEnds(t *testing.T) {
	known, err := driverapi.Known()
	if err != nil {
		t.Fatal(err)
	}
	if said := known.ExplainLog(&endless{t, "a.c:1: error: 'x' is wrong\n", 1 << 20}); len(said) > 0 {
		t.Errorf("%v", said)
	}
}
