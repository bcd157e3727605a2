// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// findContainer says in which kind of container the machine is, "" for none that can be seen.
func findContainer(t *Tree) string {
	for _, known := range []struct{ file, kind string }{{"/run/.containerenv", "podman"}, {"/.dockerenv", "docker"}} {
		if t.Has(known.file) {
			return known.kind
		}
	}
	data, _ := t.ReadFile("/proc/1/cgroup", maxText)
	for _, kind := range []string{"docker", "kubepods", "libpod", "lxc", "machine.slice"} {
		if strings.Contains(string(data), kind) {
			return kind
		}
	}
	return ""
}

// mountPoints are the files and directories into which something is mounted.
func (a *asker) mountPoints() []string {
	data, err := a.tree.ReadFile("/proc/self/mountinfo", maxList)
	if err != nil {
		return nil
	}
	var points []string
	const mountPoint = 4
	for line := range strings.Lines(string(data)) {
		if words := strings.Fields(line); len(words) > mountPoint {
			points = append(points, strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`).Replace(words[mountPoint]))
		}
	}
	return points
}

// mountFinding notes that libibverbs, its modules or its files are mounted into a container: they may be of another release than
// the rest.
func (a *asker) mountFinding() {
	points := a.mountPoints()
	if a.report.Container == "" || a.lib == nil {
		return
	}
	files := []string{a.lib.File, a.lib.Real, a.lib.ProviderDir, a.config.dir}
	for _, p := range a.report.Providers {
		files = append(files, p.Module, p.real)
	}
	for _, f := range a.config.files {
		files = append(files, f.path)
	}
	for _, file := range files {
		for dir := file; len(dir) > len("/usr"); dir = path.Dir(dir) {
			if slices.Contains(points, dir) {
				a.add(note(ReasonMounted, fmt.Sprintf("%s is mounted into the container from outside", show(dir)),
					"mount libibverbs, its directory of modules and "+show(a.config.dir)+" of one release, or none of them"))
				return
			}
		}
	}
}

// enforcing says whether SELinux refuses what its rules do not allow.
func (a *asker) enforcing() bool { return a.tree.attr("/sys/fs/selinux/enforce", valueSize) == "1" }
