// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/scripts"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// driverFile, as one of verdict's tools, is the provider's .driver file.
const driverFile = "../drivers/rib.driver"

// onlyTools, in verdict's environment, is an image with these tools alone.
const onlyTools = "ONLY=tools"

// verdict runs verdict.sh on this machine with the given tools in PATH.
func verdict(t *testing.T, name string, tools map[string]string, env ...string) (pass bool, said string) {
	t.Helper()
	dir := t.TempDir()
	for tool, text := range tools {
		write(t, filepath.Join(dir, "bin", tool), "#!/bin/sh\n"+text)
		if err := os.Chmod(filepath.Join(dir, "bin", tool), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	text, err := scripts.Read("verdict.sh")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "verdict.sh"), string(text))
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(dir, "verdict.sh"), name)
	path := filepath.Join(dir, "bin")
	if !slices.Contains(env, onlyTools) {
		path += ":" + os.Getenv("PATH")
	}
	cmd.Env = append([]string{
		"PATH=" + path, "WORK=" + dir, "ROOT=" + dir,
		"DEVFOLDER=" + filepath.Join(dir, "dev"),
		"PROVIDER=rib", "DEVICE=rib0", "GUID=0123456789abcdef", "KERNEL_ABI=1", "PRIVATE_ABI=34",
		"FOREIGN_ABI=4294967295", "FOREIGN_DEVICE=nobody0", "PACKAGES=libibverbs",
		"DRIVERS=" + filepath.Join(dir, "drivers"), "MODULES=" + filepath.Join(dir, "modules"),
	}, env...)
	out, err := cmd.CombinedOutput()
	return err == nil, report.Evidence(string(out))
}

// TestVerdictsCanFail shows for each verdict about discovery what it takes for
// a pass and what it does not, with tools that print what they are told.
func TestVerdictsCanFail(t *testing.T) {
	const (
		header    = "echo '    device          node GUID'\necho '    ------          ----------------'\n"
		listed    = header + "echo '    rib0            0123456789abcdef'\n"
		otherGUID = header + "echo '    rib0            0000000000000001'\n"
		prefix    = header + "echo '    rib01           0123456789abcdef'\n"
		noDriver  = header + "echo 'libibverbs: Warning: no userspace device-specific driver found for uverbs0' >&2\n"
		noABI     = header + "echo 'libibverbs: Warning: Driver rib does not support the kernel ABI of 4294967295 (supports 1 to 1) for device x' >&2\n"
	)
	for _, tt := range []struct {
		name, verdict, prints string
		pass                  bool
	}{
		{"listed", "listed", listed, true},
		{"listed with another GUID", "listed", otherGUID, false},
		{"another device that begins the same", "listed", prefix, false},
		{"exit 0 without devices", "listed", header, false},
		{"tool fails", "listed", listed + "exit 1\n", false},
		{"foreign ABI refused", "foreign-abi", noABI, true},
		{"foreign ABI ignored in silence", "foreign-abi", header, false},
		{"foreign ABI accepted", "foreign-abi", listed + noABI, false},
		{"foreign name refused", "foreign-name", noDriver, true},
		{"foreign name in silence", "foreign-name", header, false},
		{"stock does not list", "not-listed", noDriver, true},
		{"stock lists", "not-listed", listed, false},
		{"no such verdict", "nonsense", listed, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pass, said := verdict(t, tt.verdict, map[string]string{"ibv_devices": tt.prints})
			if pass != tt.pass {
				t.Errorf("pass is %v, want %v: %s", pass, tt.pass, said)
			}
		})
	}
}

func TestVerdictsAboutPackagesCanFail(t *testing.T) {
	for _, tt := range []struct {
		name, verdict string
		tools         map[string]string
		pass          bool
	}{
		{"rpm -V clean", "rpm-verify", map[string]string{"rpm": ""}, true},
		{"rpm -V finds something", "rpm-verify", map[string]string{"rpm": "echo S.5 /x; exit 1"}, false},
		{"owned", "owner", map[string]string{"rpm": "printf libibverbs"}, true},
		{"owned by another", "owner", map[string]string{"rpm": "printf rdma-core"}, false},
		{"owned by nobody", "owner", map[string]string{"rpm": "echo no; exit 1"}, false},
		{"dpkg --verify clean", "dpkg-verify", map[string]string{"dpkg": ""}, true},
		{"dpkg --verify finds something and ends with 0", "dpkg-verify", map[string]string{"dpkg": "echo '??5?????? c /etc/x'"}, false},
		{"dpkg --verify fails", "dpkg-verify", map[string]string{"dpkg": "exit 1"}, false},
		{"a file of the add-on alone", "beside", map[string]string{"rpm": besideRPM("rdma-core-provider-rib", "")}, true},
		{"a file of two", "beside", map[string]string{"rpm": besideRPM("libibverbs", "")}, false},
		{"libibverbs is touched", "beside", map[string]string{"rpm": besideRPM("rdma-core-provider-rib", "echo 5; exit 1")}, false},
		{"no RUNPATH", "no-runpath", map[string]string{"ldd": "echo ' 1: find library=libibverbs.so.1 [0]; searching'"}, true},
		{"a RUNPATH", "no-runpath", map[string]string{
			"ldd": "echo ' 1: find library=libibverbs.so.1 [0]'; echo ' 1: search path=/b (RUNPATH from file /m.so)'",
		}, false},
		{"an RPATH", "no-runpath", map[string]string{
			"ldd": "echo ' 1: find library=libibverbs.so.1 [0]'; echo ' 1: search path=/b (RPATH from file /m.so)'",
		}, false},
		{"a loader that says nothing", "no-runpath", map[string]string{"ldd": "echo libibverbs.so.1"}, false},
		{"refused for that reason", "refused", map[string]string{
			"dnf": "echo '  - nothing provides libibverbs.so.1(IBVERBS_PRIVATE_65)(64bit) needed by x'; exit 1", "rpm": `[ "$2" = libibverbs ]`,
		}, true},
		{"refused, and libibverbs is another", "refused", map[string]string{
			"dnf": ": >\"$WORK/ran\"; echo IBVERBS_PRIVATE_65; exit 1",
			"rpm": `[ "$2" = libibverbs ] || exit 1; if [ -e "$WORK/ran" ]; then echo new; else echo old; fi`,
		}, false},
		{"a repository is asked", "refused", map[string]string{
			"dnf": `case "$*" in *--disablerepo=\**) ;; *) exit 0 ;; esac; echo IBVERBS_PRIVATE_65; exit 1`, "rpm": `[ "$2" = libibverbs ]`,
		}, true},
		{"refused for another", "refused", map[string]string{"dnf": "echo no space; exit 1", "rpm": `[ "$2" = libibverbs ]`}, false},
		{"not refused", "refused", map[string]string{"dnf": "echo IBVERBS_PRIVATE_65", "rpm": ""}, false},
		{"refused and yet there", "refused", map[string]string{"dnf": "echo IBVERBS_PRIVATE_65; exit 1", "rpm": ""}, false},
		{"loads", "loads", map[string]string{"ldd": "echo 'libibverbs.so.1 => /x (0x1)'"}, true},
		{"unresolved", "loads", map[string]string{"ldd": "echo 'libibverbs.so.1 => /x'; echo 'undefined symbol: y (z)'"}, false},
		{"library missing", "loads", map[string]string{"ldd": "echo 'libibverbs.so.1 => not found'"}, false},
		{"not linked to libibverbs", "loads", map[string]string{"ldd": "echo libc"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := []string{"WANT=IBVERBS_PRIVATE_65", "GIVEN=/rpms"}
			if tt.verdict == "dpkg-verify" {
				env = append(env, "MANAGER=dpkg")
			}
			if tt.verdict == "beside" || tt.verdict == "refused" {
				env = append(env, "OWNER=rdma-core-provider-rib")
			}
			pass, said := verdict(t, tt.verdict, tt.tools, env...)
			if pass != tt.pass {
				t.Errorf("pass is %v, want %v: %s", pass, tt.pass, said)
			}
		})
	}
}

// besideRPM is an rpm whose add-on has one file, of the package by, and which
// says of libibverbs' files what verify does.
func besideRPM(by, verify string) string {
	return "case $1 in -ql) echo /dev/null;; -qf) echo " + by + ";; -V) " + verify + ";; esac"
}

// TestVerdictsAboutTheAddonCanFail: removed and updated ask dnf, and look at what
// is there behind it.
func TestVerdictsAboutTheAddonCanFail(t *testing.T) {
	const (
		header   = "echo '    device          node GUID'\n"
		listed   = header + "echo '    rib0            0123456789abcdef'\n"
		noDriver = header + "echo 'libibverbs: Warning: no userspace device-specific driver found for uverbs0' >&2\n"
		lists    = "case $1 in -ql) echo /no/such/file;; -q) exit 1;; esac"
		removes  = `rm "$WORK/drivers/rib.driver"`
		// An rpm that tells another release of libibverbs once dnf has run.
		moves = `case $1 in -q) [ -e "$WORK/updated" ] && echo new || echo old;; esac`
	)
	for _, tt := range []struct {
		name, verdict string
		tools         map[string]string
		pass          bool
	}{
		{"removed", "removed", map[string]string{driverFile: "", "rpm": lists, "dnf": removes, "ibv_devices": noDriver}, true},
		{"a file stays", "removed", map[string]string{
			driverFile: "", "rpm": "case $1 in -ql) echo /dev/null;; esac", "dnf": removes, "ibv_devices": noDriver,
		}, false},
		{"rpm still knows it", "removed", map[string]string{
			driverFile: "", "rpm": "case $1 in -ql) echo /no/such/file;; esac", "dnf": removes, "ibv_devices": noDriver,
		}, false},
		{"the driver stays", "removed", map[string]string{driverFile: "", "rpm": lists, "dnf": "", "ibv_devices": noDriver}, false},
		{"nothing was there", "removed", map[string]string{"rpm": lists, "dnf": removes, "ibv_devices": noDriver}, false},
		{"files unknown", "removed", map[string]string{driverFile: "", "rpm": "[ $1 != -ql ]", "dnf": removes, "ibv_devices": noDriver}, false},
		{"libibverbs is gone", "removed", map[string]string{
			driverFile: "", "rpm": lists + "; case $1 in -V) exit 1;; esac", "dnf": removes, "ibv_devices": noDriver,
		}, false},
		{"still listed", "removed", map[string]string{driverFile: "", "rpm": lists, "dnf": removes, "ibv_devices": listed}, false},
		{"dnf fails", "removed", map[string]string{driverFile: "", "rpm": lists, "dnf": removes + "; exit 1", "ibv_devices": noDriver}, false},
		{"updated", "updated", map[string]string{"rpm": moves, "dnf": `case "$*" in *--disablerepo=\**) : >"$WORK/updated" ;; esac`, "ibv_devices": listed}, true},
		{"nothing was updated", "updated", map[string]string{"rpm": moves, "dnf": "", "ibv_devices": listed}, false},
		{"not listed after it", "updated", map[string]string{"rpm": moves, "dnf": `: >"$WORK/updated"`, "ibv_devices": noDriver}, false},
		{"the add-on is gone after it", "updated", map[string]string{
			"rpm": `[ "$2" != rdma-core-provider-rib ] || exit 1; ` + moves, "dnf": `: >"$WORK/updated"`, "ibv_devices": listed,
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pass, said := verdict(t, tt.verdict, tt.tools, "OWNER=rdma-core-provider-rib", "GIVEN=/rpms")
			if pass != tt.pass {
				t.Errorf("pass is %v, want %v: %s", pass, tt.pass, said)
			}
		})
	}
}

// TestSurvivesUpgradeCanFail: a dnf that installs the newer libibverbs where no lock is in its configuration.
func TestSurvivesUpgradeCanFail(t *testing.T) {
	const (
		listed   = "echo '    device          node GUID'\necho '    rib0            0123456789abcdef'\n"
		upgrades = `grep -q excludepkgs= "$CONF" || { rm "$DRIVERS/rib.driver"; echo new >"$WORK/installed"; }`
		replaces = `rm -f "$DRIVERS/rib.driver"; echo new >"$WORK/installed"`
	)
	for _, tt := range []struct {
		name, dnf, rpm, listed string
		pass                   bool
	}{
		{"locked, and then not", upgrades, "", listed, true},
		{"the lock does not help", replaces, "", listed, false},
		{"files are gone", upgrades, "[ $1 != -V ] || exit 1", listed, false},
		{"not listed", upgrades, "", "echo none", false},
		{"no newer package", "", "", listed, false},
		{"the newer one has the provider", `grep -q excludepkgs= "$CONF" || echo new >"$WORK/installed"`, "", listed, false},
		{"dnf fails", "exit 1", "", listed, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "lock"), "excludepkgs=libibverbs\n")
			write(t, filepath.Join(dir, "dnf.conf"), "[main]\n")
			write(t, filepath.Join(dir, "drivers", "rib.driver"), "driver rib\n")
			pass, said := verdict(t, "survives-upgrade", map[string]string{
				"dnf": tt.dnf, "rpm": tt.rpm + "\n" + `cat "$WORK/installed" 2>/dev/null || echo old`, "ibv_devices": tt.listed,
			}, "LOCK="+filepath.Join(dir, "lock"), "CONF="+filepath.Join(dir, "dnf.conf"), "GIVEN=/newer", "DRIVERS="+filepath.Join(dir, "drivers"))
			if pass != tt.pass {
				t.Errorf("pass is %v, want %v: %s", pass, tt.pass, said)
			}
		})
	}
}

// TestVerdictsOfDebianPackages shows what differs with dpkg: its form of owners,
// and that configuration is purged.
func TestVerdictsOfDebianPackages(t *testing.T) {
	const (
		owned  = `case $1 in --search) echo "ibverbs-providers:amd64: $2" ;; *) printf 'installed ibverbs-providers 56.1-1' ;; esac`
		purges = `rm "$WORK/drivers/rib.driver"`
	)
	for _, tt := range []struct {
		name, verdict string
		tools         map[string]string
		pass          bool
	}{
		{"owned", "owner", map[string]string{"dpkg-query": owned}, true},
		{"owned, without an architecture", "owner", map[string]string{"dpkg-query": strings.Replace(owned, ":amd64", "", 1)}, true},
		{"owned by another", "owner", map[string]string{"dpkg-query": strings.Replace(owned, "providers:", "utils:", 1)}, false},
		{"owned by two", "owner", map[string]string{"dpkg-query": strings.Replace(owned, "ibverbs-providers:", "x, ibverbs-providers:", 1)}, false},
		{"owned by nobody", "owner", map[string]string{"dpkg-query": "exit 1"}, false},
		{"owned, and only its configuration is left", "owner", map[string]string{"dpkg-query": strings.Replace(owned, "installed", "config-files", 1)}, false},
		{"purged", "removed", map[string]string{driverFile: "", "apt-get": `[ "$*" = "purge -y ibverbs-providers" ] && ` + purges}, true},
		{"cannot be purged", "removed", map[string]string{driverFile: "", "apt-get": purges + "; exit 100"}, false},
		{"something stays", "removed", map[string]string{driverFile: "", "../etc/deep/librib-rdmav34.so": "", "apt-get": purges}, false},
		{"nothing was there", "removed", map[string]string{"apt-get": ""}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pass, said := verdict(t, tt.verdict, tt.tools, "MANAGER=dpkg", "OWNER=ibverbs-providers")
			if pass != tt.pass {
				t.Errorf("pass is %v, want %v: %s", pass, tt.pass, said)
			}
		})
	}
}

// TestVerdictsOfDebianAddonsCanFail: apt's exit status alone is no verdict about an add-on.
func TestVerdictsOfDebianAddonsCanFail(t *testing.T) {
	const (
		header   = "echo '    device          node GUID'\n"
		listed   = header + "echo '    rib0            0123456789abcdef'\n"
		noDriver = header + "echo 'libibverbs: Warning: no userspace device-specific driver found for uverbs0' >&2\n"
		// A dpkg-query that knows libibverbs1, whose version is in a file once that has changed, and the add-on, unless it is removed.
		knows = `case "$*" in
--listfiles*) echo /dev/null ;;
--search*) echo "$OWNER:amd64: $2" ;;
*libibverbs1) printf 'installed libibverbs1 %s' "$(cat "$WORK/version" 2>/dev/null || echo 44.0-2)" ;;
*) [ ! -e "$WORK/removed" ] && printf 'installed x 1' || printf 'config-files x 1' ;;
esac`
		// An apt-get that does what apt-get does with a newer libibverbs1 in its repository.
		apt = `case "$*" in
*SourceParts=/dev/null*) ;; check*) exit 0 ;; *) exit 7 ;;
esac
case "$*" in
upgrade*) echo "kept back: libibverbs1" ;;
*--no-remove*) echo "E: Packages need to be removed but remove is disabled."; exit 100 ;;
install*libibverbs1) echo "The following packages will be REMOVED:"; : >"$WORK/removed"; echo 45.0-1 >"$WORK/version" ;;
esac`
		purges     = `[ "$*" = "purge -y x" ] && rm "$WORK/drivers/rib.driver"`
		afterwards = `case "$*" in --listfiles*) echo /no/such/file ;; *) exit 1 ;; esac`
		refuses    = `case "$*" in *SourceParts=/dev/null*) ;; *) exit 0 ;; esac
echo ' x : Depends: libibverbs1 (>= 57.0) but 44.0-2 is to be installed'; exit 100`
	)
	for _, tt := range []struct {
		name, verdict          string
		apt, query, dpkg, list string
		pass                   bool
	}{
		{"a file of the add-on alone", "beside", "", knows, "", "", true},
		{"a file of two", "beside", "", strings.Replace(knows, `"$OWNER:amd64: $2"`, `"$OWNER:amd64, y: $2"`, 1), "", "", false},
		{"libibverbs1 is touched", "beside", "", knows, "echo '??5?????? /x'", "", false},
		{"refused for that reason", "refused", refuses, strings.Replace(knows, "installed x", "not-installed x", 1), "", "", true},
		{"refused for another", "refused", strings.Replace(refuses, "57.0", "58.0", 1), strings.Replace(knows, "installed x", "not-installed x", 1), "", "", false},
		{"refused and yet there", "refused", refuses, knows, "", "", false},
		{"updated", "updated", `echo 44.0-2+update1 >"$WORK/version"`, knows, "", listed, true},
		{"nothing was updated", "updated", "", knows, "", listed, false},
		{"updated without the add-on", "updated", `: >"$WORK/removed"; echo 44.0-2+update1 >"$WORK/version"`, knows, "", listed, false},
		{"purged", "removed", purges, afterwards, "", noDriver, true},
		{"purged, and libibverbs1 is touched", "removed", purges, afterwards, "echo '??5?????? /x'", noDriver, false},
		{"purged, and its configuration is left", "removed", purges, strings.Replace(afterwards, "exit 1", "echo config-files", 1), "", noDriver, false},
		{"purged, and a file is left", "removed", purges, strings.Replace(afterwards, "/no/such/file", "/dev/null", 1), "", noDriver, false},
		{"purged, and listed", "removed", purges, afterwards, "", listed, false},
		{"kept, and removed", "upgrade-across", apt, knows, "", listed, true},
		{"upgraded under it", "upgrade-across", strings.Replace(apt, `: >"$WORK/removed"; `, "", 1), knows, "", listed, false},
		{"upgraded by what removes nothing", "upgrade-across", strings.Replace(apt, "kept back: libibverbs1", `libibverbs1"; echo 45 >"$WORK/version`, 1), knows, "", listed, false},
		{"no newer one", "upgrade-across", strings.Replace(apt, "kept back: libibverbs1", "0 upgraded", 1), knows, "", listed, false},
		{"removed although that is forbidden", "upgrade-across", strings.Replace(apt, "exit 100", "exit 0", 1), knows, "", listed, false},
		{"not listed where it was kept", "upgrade-across", apt, knows, "", noDriver, false},
		{"removed without a word", "upgrade-across", strings.Replace(apt, "REMOVED", "moved", 1), knows, "", listed, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tools := map[string]string{"apt-get": tt.apt, "dpkg-query": tt.query, "dpkg": tt.dpkg, "ibv_devices": tt.list, driverFile: ""}
			pass, said := verdict(t, tt.verdict, tools, "MANAGER=dpkg", "OWNER=x", "GIVEN=/given", "WANT=libibverbs1 (>= 57.0)")
			if pass != tt.pass {
				t.Errorf("pass is %v, want %v: %s", pass, tt.pass, said)
			}
		})
	}
}

// TestVerdictWithANeighbour: both packages have their files alone, the neighbour's module loads, and the device is listed.
func TestVerdictWithANeighbour(t *testing.T) {
	const (
		listed = "echo '    device          node GUID'\necho '    rib0            0123456789abcdef'\n"
		owned  = `case "$*" in --listfiles*) echo "/dev/$2" ;; --search*) echo "${2#/dev/}: $2" ;; *) printf 'installed x 1' ;; esac`
		loads  = "echo 'libibverbs.so.1 => /x (0x1)'"
	)
	for _, tt := range []struct {
		name, query, ldd, list string
		pass                   bool
	}{
		{"both work", owned, loads, listed, true},
		{"a file of both", strings.Replace(owned, `"${2#/dev/}: $2"`, `"null, zero: $2"`, 1), loads, listed, false},
		{"the neighbour does not load", owned, "echo 'undefined symbol: x'", listed, false},
		{"the device is no longer listed", owned, loads, "echo none", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tools := map[string]string{"dpkg-query": tt.query, "dpkg": "", "ldd": tt.ldd, "ibv_devices": tt.list}
			pass, said := verdict(t, "with", tools, "MANAGER=dpkg", "OWNER=null", "NEIGHBOUR=zero", "NEIGHBOUR_MODULE=libzero-rdmav34.so")
			if pass != tt.pass {
				t.Errorf("pass is %v, want %v: %s", pass, tt.pass, said)
			}
		})
	}
}

// A verdict in an image that lacks one of its commands fails and names it. No verdict needs find, xargs, diff or python3, which
// the real EL 8 has not.
func TestVerdictNamesWhatTheImageLacks(t *testing.T) {
	const (
		noDriver = "echo 'libibverbs: Warning: no userspace device-specific driver found for uverbs0' >&2"
		loads    = "echo 'libibverbs.so.1 => /x (0x1)'"
	)
	all := map[string]string{
		driverFile: "", "rpm": "case $1 in -ql) echo /no/such/file;; -q) exit 1;; esac", "dnf": `rm "$WORK/drivers/rib.driver"`,
		"ibv_devices": noDriver, "ldd": loads,
	}
	for _, tt := range []struct {
		verdict string
		lacks   []string
	}{
		{"removed", []string{"awk", "cat", "dnf", "env", "grep", "ls", "mkdir", "rm", "rpm", "sed"}},
		{"not-listed", []string{"awk", "cat", "env", "grep", "mkdir", "rm", "sed"}},
		{"loads", []string{"ldd"}},
		{"rpm-verify", []string{"rpm"}},
	} {
		for _, lacks := range append(tt.lacks, "") {
			tools := maps.Clone(all)
			for _, name := range []string{"awk", "cat", "env", "grep", "ls", "mkdir", "rm", "sed"} {
				path, err := exec.LookPath(name)
				if err != nil {
					t.Skip(err)
				}
				tools[name] = "exec " + path + ` "$@"`
			}
			delete(tools, lacks)
			pass, said := verdict(t, tt.verdict, tools, "OWNER=rdma-core-provider-rib", onlyTools)
			if want := "this image has no " + lacks; pass != (lacks == "") || !pass && said != want {
				t.Errorf("%s without %q: pass is %v: %s", tt.verdict, lacks, pass, said)
			}
		}
	}
}
