// SPDX-License-Identifier: Apache-2.0

package ui

import "fmt"

// Folds is the form in which the reader of Err folds lines that belong together.
type Folds int

// The forms.
const (
	NoFolds     Folds = iota
	GitHubFolds       // "Grouping log lines" of GitHub's workflow commands; it knows them on both streams
	GitLabFolds       // "Custom collapsible sections" of GitLab's job logs
)

// fold is the one that is open. They do not nest, because GitHub's do not.
type fold struct {
	of    *Stage // nil if none is open
	name  string // for GitLab: no other one of the job has it
	count int    // those that were opened
}

// openFold folds the lines of a stage that follow, if its reader can, no other stage is at work, and nothing is folded
// yet. It reports whether they are folded now. The caller holds mu.
func (u *UI) openFold(s *Stage) bool {
	if u.fold.of != nil || u.opts.Folds == NoFolds || u.opts.brief || u.live.enabled || len(u.active) != 1 {
		return u.fold.of == s
	}
	u.fold.count++
	u.fold.of = s
	now := u.now()
	u.fold.name = fmt.Sprintf("%s_%d_%d", fileName(s.name), now.UnixMilli(), u.fold.count)
	if u.opts.Folds == GitHubFolds {
		u.putLine("::group::" + escapeData(s.place))
	} else {
		u.putLine(fmt.Sprintf("\x1b[0Ksection_start:%d:%s[collapsed=true]\r\x1b[0K%s", now.Unix(), u.fold.name, s.place))
	}
	return true
}

// closeFold ends the fold, if one is open: what follows is for everybody to see. The caller holds mu.
func (u *UI) closeFold() {
	if u.fold.of == nil {
		return
	}
	u.fold.of = nil
	if u.opts.Folds == GitHubFolds {
		u.putLine("::endgroup::")
	} else {
		u.putLine(fmt.Sprintf("\x1b[0Ksection_end:%d:%s\r\x1b[0K", u.now().Unix(), u.fold.name))
	}
}
