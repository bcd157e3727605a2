// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// request is a driver that libibverbs is told to load.
type request struct {
	name string // as it is written: without lib and the suffix, or a path
	by   string // the file that says it, or the environment variable
	line int    // of the file, 0 for a variable
}

// driverFile is a file in libibverbs's directory of drivers. It reads all files there, whatever their names.
type driverFile struct {
	path     string
	requests []request
	bad      []string // lines that it ignores, with their numbers
	err      error    // it cannot be read
}

// driverConfig is what libibverbs is told to load.
type driverConfig struct {
	dir   string
	err   error // of the directory
	files []driverFile
	env   []request
}

// requests are in the order in which libibverbs loads them: those of the environment first, then those of the files, the last
// that it read first.
func (c *driverConfig) requests() []request {
	var read []request
	for _, f := range c.files {
		read = append(read, f.requests...)
	}
	slices.Reverse(read)
	return slices.Concat(c.env, read)
}

// readConfig reads libibverbs's directory of drivers and its variables. RDMAV_DRIVERS hides IBV_DRIVERS, even if it is empty.
// libibverbs does not read them in a program with set-user-ID.
func readConfig(t *Tree, dir string, env map[string]string) *driverConfig {
	c := &driverConfig{dir: dir}
	for _, name := range []string{"RDMAV_DRIVERS", "IBV_DRIVERS"} {
		list, ok := env[name]
		if !ok {
			continue
		}
		for driver := range strings.SplitSeq(strings.ReplaceAll(list, ";", ":"), ":") {
			c.env = append(c.env, request{name: driver, by: name})
		}
		break
	}
	names, err := t.Names(dir)
	if err != nil {
		c.err = err
		return c
	}
	for _, name := range names {
		file := path.Join(dir, name)
		info, err := t.Stat(file)
		switch {
		case err != nil:
			c.files = append(c.files, driverFile{path: file, err: err})
		case info.Mode().IsRegular():
			c.files = append(c.files, readDriverFile(t, file))
		}
	}
	return c
}

func readDriverFile(t *Tree, file string) driverFile {
	data, err := t.ReadFile(file, maxText)
	f := driverFile{path: file, err: err}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimLeft(line, "\t ")
		if line == "" || line[0] == '\n' || line[0] == '#' {
			continue
		}
		word, rest, more := cutAny(line)
		if word != "driver" || !more {
			f.bad = append(f.bad, fmt.Sprintf("line %d: %s", n, show(strings.TrimRight(line, "\n"))))
			continue
		}
		name, _, _ := cutAny(strings.TrimLeft(rest, "\t "))
		f.requests = append(f.requests, request{name: name, by: file, line: n})
	}
	return f
}

// cutAny cuts at the first blank, tab or line end, as libibverbs does. A carriage return is part of a word.
func cutAny(s string) (before, after string, found bool) {
	i := strings.IndexAny(s, "\n\t ")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
