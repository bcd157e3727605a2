// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// created is what an engine is asked for.
type created struct {
	User       string
	Entrypoint []string
	Cmd        []string
	Env        []string
	WorkingDir string
	Hostname   string
	Labels     map[string]string
	HostConfig struct {
		NetworkMode string
		CapDrop     []string
		CapAdd      []string
		SecurityOpt []string
		Privileged  bool
		Binds       []string
		Devices     []struct{ PathOnHost, PathInContainer, CgroupPermissions string }
		Mounts      []struct {
			Type, Source, Target string
			ReadOnly             bool
			VolumeOptions        struct{ Labels map[string]string }
		}
	}
}

// asked runs a command, and gives what the engine was asked for.
func asked(t *testing.T, f *fakeEngine, e *Engine, spec RunSpec) created {
	t.Helper()
	spec.Name, spec.Image, spec.Argv = "test", "i", []string{"true", "x"}
	if _, err := e.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(f.created)
	if err != nil {
		t.Fatal(err)
	}
	var c created
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// Nothing that a run does not ask for: no network, no capability, no way to gain one, no root, nothing of this machine.
func TestContainersAreConfined(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	c := asked(t, f, e, RunSpec{Env: map[string]string{"B": "2", "A": "1"}, WorkDir: "/w", Labels: map[string]string{"mine": "x"}})
	h := c.HostConfig
	if h.NetworkMode != "none" || h.Privileged || len(h.Binds)+len(h.Mounts)+len(h.Devices)+len(h.CapAdd) > 0 {
		t.Errorf("got %+v", h)
	}
	if !slices.Equal(h.CapDrop, []string{"ALL"}) || !slices.Equal(h.SecurityOpt, []string{"no-new-privileges"}) {
		t.Errorf("got the capabilities without %q, with the options %q", h.CapDrop, h.SecurityOpt)
	}
	if c.User != "65534:65534" || !slices.Equal(c.Entrypoint, []string{"true", "x"}) || len(c.Cmd) > 0 {
		t.Errorf("%q %q is run by %s", c.Entrypoint, c.Cmd, c.User)
	}
	if !slices.Equal(c.Env, []string{"A=1", "B=2"}) || c.WorkingDir != "/w" || c.Hostname != "verbsmith" || c.Labels["mine"] != "x" || c.Labels[Label] != "1" {
		t.Errorf("got %+v", c)
	}
}

func TestContainersGetWhatTheyAskFor(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	c := asked(t, f, e, RunSpec{
		Network: true, Root: true, Seccomp: "{}", Devices: []string{"/dev/kvm"}, Volumes: []VolumeMount{{Name: "vol", Path: "/v", ReadOnly: true}},
	})
	h := c.HostConfig
	if h.NetworkMode != "default" || c.User != "0:0" || h.Privileged || !slices.Equal(h.CapDrop, []string{"ALL"}) {
		t.Errorf("got %+v", c)
	}
	// What lets root out of a container is not among them.
	if len(h.CapAdd) == 0 || slices.ContainsFunc(h.CapAdd, func(c string) bool {
		return strings.HasPrefix(c, "SYS_") || strings.HasPrefix(c, "NET_") || c == "ALL" || c == "MKNOD" || c == "DAC_READ_SEARCH"
	}) {
		t.Errorf("root has the capabilities %q", h.CapAdd)
	}
	if !slices.Equal(h.SecurityOpt, []string{"no-new-privileges", "seccomp={}"}) {
		t.Errorf("got the options %q", h.SecurityOpt)
	}
	if len(h.Devices) != 1 || h.Devices[0].PathOnHost != "/dev/kvm" || h.Devices[0].CgroupPermissions != "rw" {
		t.Errorf("got the devices %+v", h.Devices)
	}
	if len(h.Mounts) != 1 || h.Mounts[0].Type != "volume" || h.Mounts[0].Source != "vol" || h.Mounts[0].Target != "/v" || !h.Mounts[0].ReadOnly ||
		h.Mounts[0].VolumeOptions.Labels[homeLabel] != e.run.home {
		t.Errorf("got the volumes %+v", h.Mounts)
	}
}

// Root runs nothing by accident: an image of which root is the user is run by nobody.
func TestUserOfARun(t *testing.T) {
	for _, tt := range []struct{ image, asked, want string }{
		{"", "", "65534:65534"},
		{"root", "", "65534:65534"},
		{"0:0", "", "65534:65534"},
		{"builder", "", "builder"},
		{"builder", "1000", "1000"},
		{"", "root", "root"}, // in so many words
	} {
		f := useFake(t)
		e := connectFake(t)
		f.answer("image", fmt.Sprintf(`{"Id":"sha256:0123456789abcdef","Config":{"User":%q}}`, tt.image))
		if c := asked(t, f, e, RunSpec{User: tt.asked}); c.User != tt.want {
			t.Errorf("of %q, asked for %q: got %s, want %s", tt.image, tt.asked, c.User, tt.want)
		}
	}
}

// The profile lets sockets of all families be made that the engine's own does, but those of RDMA's netlink.
func TestRefuseRDMANetlink(t *testing.T) {
	text, err := RefuseRDMANetlink()
	if err != nil {
		t.Fatal(err)
	}
	var profile struct {
		DefaultAction specs.LinuxSeccompAction
		Syscalls      []specs.LinuxSyscall
	}
	if err := json.Unmarshal([]byte(text), &profile); err != nil {
		t.Fatal(err)
	}
	holds := func(a specs.LinuxSeccompArg, args map[uint]uint64) bool {
		switch v := args[a.Index]; a.Op {
		case specs.OpLessThan:
			return v < a.Value
		case specs.OpGreaterThan:
			return v > a.Value
		case specs.OpEqualTo:
			return v == a.Value
		case specs.OpNotEqual:
			return v != a.Value
		default:
			t.Fatalf("a comparison by %s", a.Op)
			return false
		}
	}
	allowed := func(family, protocol uint64) bool {
		args := map[uint]uint64{0: family, 2: protocol}
		return slices.ContainsFunc(profile.Syscalls, func(s specs.LinuxSyscall) bool {
			return s.Action == specs.ActAllow && slices.Contains(s.Names, "socket") &&
				!slices.ContainsFunc(s.Args, func(a specs.LinuxSeccompArg) bool { return !holds(a, args) })
		})
	}
	for family := range uint64(64) {
		for _, protocol := range []uint64{0, 15, netlinkRDMA} {
			want := family != familyVsock && (family != familyNetlink || protocol != netlinkRDMA)
			if got := allowed(family, protocol); got != want {
				t.Errorf("family %d, protocol %d: allowed %t", family, protocol, got)
			}
		}
	}
	if profile.DefaultAction != specs.ActErrno || len(profile.Syscalls) < 20 {
		t.Errorf("the rest of the profile is %s and %d rules", profile.DefaultAction, len(profile.Syscalls))
	}
}

// What comes of a build is known by our label, also where a caller has one of that name, and has no network.
func TestBuildsAreLabelled(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	one := f.query
	spec := BuildSpec{Tag: "t", ContextTar: strings.NewReader(""), Labels: map[string]string{"mine": "x", Label: "0"}}
	if id, err := e.Build(t.Context(), spec); err != nil || id != "sha256:0123456789abcdef0123" {
		t.Fatal(id, err)
	}
	var labels map[string]string
	if err := json.Unmarshal([]byte(one("labels")), &labels); err != nil || !maps.Equal(labels, map[string]string{"mine": "x", Label: "1"}) {
		t.Errorf("got the labels %q, %v", labels, err)
	}
	if one("networkmode") != "none" || one("dockerfile") != "Containerfile" || one("t") != "t" || one("forcerm") != "1" {
		t.Errorf("got %v", f.buildQ)
	}
	if spec.Labels[Label] != "0" {
		t.Error("the caller's labels were changed")
	}
	spec = BuildSpec{Tag: "t", ContextTar: strings.NewReader(""), Network: true, Containerfile: "other/Containerfile"}
	if _, err := e.Build(t.Context(), spec); err != nil || one("networkmode") != "" || one("dockerfile") != "other/Containerfile" {
		t.Errorf("%v: got %v", err, f.buildQ)
	}
}

// A build starts from an image that has our label, so that what it leaves when it fails has it too.
func TestBuildsStartFromALabelledBase(t *testing.T) {
	for image, want := range map[string]struct {
		builds int
		base   string
	}{
		`{"Id":"sha256:0123456789abcdef","Config":{}}`:                                             {2, "verbsmith/base:0123456789ab"},
		`{"Id":"sha256:0123456789abcdef","Config":{"Labels":{"io.resnics.verbsmith":"1"}}}`:        {1, "base"},
		`{"Id":"sha256:0123456789abcdef","Config":{"Labels":{"io.resnics.verbsmith":"somebody"}}}`: {2, "verbsmith/base:0123456789ab"},
	} {
		f := useFake(t)
		e := connectFake(t)
		f.answer("image", image)
		if _, err := e.Build(t.Context(), BuildSpec{Tag: "t", ContextTar: strings.NewReader(""), Args: map[string]string{"BASE": "base"}}); err != nil {
			t.Fatal(err)
		}
		var args map[string]string
		if err := json.Unmarshal([]byte(f.query("buildargs")), &args); err != nil || args["BASE"] != want.base || f.times("build") != want.builds {
			t.Errorf("%s: %d builds, the last over %q, %v", image, f.times("build"), args, err)
		}
	}
	f := useFake(t)
	e := connectFake(t)
	f.lacks("image")
	_, err := e.Build(t.Context(), BuildSpec{Tag: "t", ContextTar: strings.NewReader(""), Args: map[string]string{"BASE": "base"}})
	if err == nil || !strings.Contains(err.Error(), "base") || f.times("build") > 0 {
		t.Errorf("without the base: %v after %d builds", err, f.times("build"))
	}
}
