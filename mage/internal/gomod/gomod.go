// SPDX-License-Identifier: Apache-2.0

package gomod

import (
	"slices"

	"golang.org/x/mod/modfile"
)

// Verbsmith's module, and the package of its command.
const (
	Module = "github.com/resnics/verbsmith"
	Tool   = Module + "/mage"
)

// IsOwn says whether a go.mod is verbsmith's own. One that cannot be read is not.
func IsOwn(text []byte) bool { return modfile.ModulePath(text) == Module }

// Names says whether a go.mod is verbsmith's own or requires it. One that cannot be read does not.
func Names(text []byte) bool {
	f, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return false
	}
	return IsOwn(text) || slices.ContainsFunc(f.Require, func(r *modfile.Require) bool { return r.Mod.Path == Module })
}

// HasTool says whether a go.mod has verbsmith's command as a tool. One that cannot be read has not.
func HasTool(text []byte) bool {
	f, err := modfile.Parse("go.mod", text, nil)
	return err == nil && slices.ContainsFunc(f.Tool, func(t *modfile.Tool) bool { return t.Path == Tool })
}

// ReplacedBy is the directory that a go.mod takes verbsmith from, as it is written there, and "" if it takes it from none.
func ReplacedBy(text []byte) string {
	f, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return ""
	}
	for _, r := range f.Replace {
		if r.Old.Path == Module && modfile.IsDirectoryPath(r.New.Path) {
			return r.New.Path
		}
	}
	return ""
}

// Workspace lists the directories of a go.work's modules, as they are written there. One that cannot be read has none.
func Workspace(text []byte) []string {
	f, err := modfile.ParseWork("go.work", text, nil)
	if err != nil {
		return nil
	}
	dirs := make([]string, 0, len(f.Use))
	for _, u := range f.Use {
		dirs = append(dirs, u.Path)
	}
	return dirs
}
