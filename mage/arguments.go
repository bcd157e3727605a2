// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/magefile/mage/parse"
)

// targets are the names of a program's targets in lower case, and how many arguments each needs.
type targets map[string]int

// targetsOf are those that mage finds in magefiles.
func targetsOf(info *parse.PkgInfo) targets {
	all := targets{}
	add := func(name string, f *parse.Function) { all[strings.ToLower(name)] = f.NumRequiredArgs() }
	for _, f := range info.Funcs {
		add(f.TargetName(), f)
	}
	for _, i := range info.Imports {
		for _, f := range i.Info.Funcs {
			add(f.TargetName(), f)
		}
	}
	for alias, f := range info.Aliases {
		add(alias, f)
	}
	return all
}

// check refuses arguments of which mage would find only after a target has run that they are no target.
func (t targets) check(args []string) error {
	before := ""
	for len(args) > 0 {
		name := args[0]
		needs, known := t[strings.ToLower(name)]
		switch {
		case !known && before == "":
			return fmt.Errorf("there is no target %q: `go tool mage -l` lists the targets", name)
		case !known:
			return fmt.Errorf("%q after %s is neither a flag nor a target: `go tool mage -h %s` shows the flags, and nothing was run",
				name, before, before)
		}
		before, args = name, args[min(len(args), 1+needs):]
		for len(args) > 0 && strings.HasPrefix(args[0], "-") {
			args = args[1:]
		}
	}
	return nil
}

// readTargets reads what write has written; a file that is not there knows no targets.
func readTargets(file string) targets {
	var t targets
	if data, err := os.ReadFile(file); err != nil || json.Unmarshal(data, &t) != nil {
		return nil
	}
	return t
}

func (t targets) write(file string) error {
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("list the targets: %w", err)
	}
	return os.WriteFile(file, data, 0o644)
}
