// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"path"
	"slices"
	"strings"

	shown "github.com/resnics/verbsmith/specs/edit"
)

// checkName refuses a name that leads out of the tree, or into git's own files.
func checkName(name string) error {
	switch {
	case !validPath(name):
		return &PathError{Name: name, Why: "want a path below the tree, without . and .."}
	case slices.ContainsFunc(strings.Split(name, "/"), func(s string) bool { return strings.EqualFold(s, ".git") }):
		return &PathError{Name: name, Why: "it is in .git"}
	}
	return nil
}

// validPath is fs.ValidPath, but does not require UTF-8.
func validPath(name string) bool {
	return !strings.Contains(name, "\x00") && !slices.ContainsFunc(strings.Split(name, "/"), func(s string) bool {
		return s == "" || s == "." || s == ".."
	})
}

// strip removes n directories from a name; several slashes count as one. It fails if there are
// fewer, or for an empty name.
func strip(name string, n int) (string, bool) {
	for range n {
		i := strings.IndexByte(name, '/')
		if i < 0 {
			return "", false
		}
		name = strings.TrimLeft(name[i:], "/")
	}
	return name, name != ""
}

// choose finds the file that a change is about.
func (p *patcher) choose(c *fileChange) (from, to string, err error) {
	oldName, okOld := strip(c.oldName, p.Strip)
	newName, okNew := strip(c.newName, p.Strip)
	if c.renamed || c.copied {
		// The names of these lines have no a/ and b/.
		oldName, newName = c.oldName, c.newName
		okOld, okNew = true, true
	}
	noName := &FormatError{
		Patch: p.Name, Line: c.line,
		Why: fmt.Sprintf("names no file below the tree with -p%d: %s, %s", p.Strip, shown.Quote(c.oldName), shown.Quote(c.newName)),
	}
	switch {
	case c.create && okNew:
		return newName, newName, nil
	case c.remove && okOld:
		return oldName, oldName, nil
	case c.create, c.remove, !okOld && !okNew:
		return "", "", noName
	case c.renamed || c.copied:
		return oldName, newName, nil
	case !okOld:
		return newName, newName, nil
	case !okNew, oldName == newName:
		return oldName, oldName, nil
	}
	name := p.better(oldName, newName)
	return name, name, nil
}

// better chooses between two names as patch(1) does: one that exists; of both, the one with
// fewer directories, then the shorter file name, then the shorter name.
func (p *patcher) better(oldName, newName string) string {
	a, errA := p.look(oldName)
	b, errB := p.look(newName)
	there := func(r *result, err error) bool { return err == nil && r.after != nil }
	switch {
	case !there(a, errA) && there(b, errB):
		return newName
	case !there(b, errB):
		return oldName
	}
	for _, measure := range []func(string) int{
		func(s string) int { return strings.Count(s, "/") },
		func(s string) int { return len(path.Base(s)) },
		func(s string) int { return len(s) },
	} {
		if d := measure(newName) - measure(oldName); d != 0 {
			if d < 0 {
				return newName
			}
			return oldName
		}
	}
	return oldName
}
