// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// ShowReport are the flags of the report target.
type ShowReport struct {
	Dist *string // directories, separated by commas
	Open *bool
}

// Report is the report target: it says where the last report is, or makes one of directories, and opens it.
func (a *App) Report(ctx context.Context, show ShowReport) error {
	if err := notEmpty("dist", show.Dist, "directories in dist/, separated by commas"); err != nil {
		return err
	}
	var file string
	var err error
	if given := value(show.Dist, ""); given != "" {
		file, err = a.reportOf(ctx, strings.Split(given, ","))
	} else {
		file, err = newestPage(a.dirs.dist)
	}
	if err != nil {
		return err
	}
	if title := pageTitle(file); title != "" {
		fmt.Fprintln(a.ui.Out(), title)
	}
	fmt.Fprintln(a.ui.Out(), a.relative(file))
	if show.Open != nil && *show.Open {
		return openFile(ctx, file)
	}
	return nil
}

// reportOf makes the reports of directories again, and one of all if there are several.
func (a *App) reportOf(ctx context.Context, given []string) (string, error) {
	var dirs []string
	for _, dir := range given {
		found, err := directoriesIn(absolute(strings.TrimSpace(dir)))
		if err != nil {
			return "", err
		}
		for _, dir := range found {
			if dir = owned.Real(dir); !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	p := a.pages()
	parts := make([]page.Part, 0, len(dirs))
	for _, dir := range dirs {
		if owned.Overlap(owned.Real(a.dirs.dist), dir) {
			own, err := p.directories(ctx, []string{dir})
			if err != nil {
				return "", err
			}
			if len(dirs) == 1 {
				return filepath.Join(dir, pageFile), nil
			}
			parts = append(parts, own...)
			continue
		}
		part, err := readout.Directory(dir)
		if err != nil {
			return "", err
		}
		part.Dir = readout.Link(a.dirs.dist, dir)
		parts = append(parts, part)
	}
	slices.SortStableFunc(parts, func(a, b page.Part) int { return failuresFirst(a) - failuresFirst(b) })
	return p.write(ctx, a.dirs.dist, pagesFile, page.Page{Title: "verbsmith: " + count(len(parts), "report"), Parts: parts})
}

// failuresFirst is the rank of a part among several.
func failuresFirst(p page.Part) int {
	if p.State == page.Fail {
		return 0
	}
	return 1
}

// directoriesIn are the directories with results at a path or up to two levels below it.
func directoriesIn(dir string) ([]string, error) {
	var found []string
	for _, level := range []string{"", "*", filepath.Join("*", "*")} {
		names := []string{"manifest.json", readout.WalkFile}
		if level == "" { // what is next to a matrix is found by itself
			names = append(names, readout.MatrixFile)
		}
		for _, name := range names {
			files, _ := fs.Glob(os.DirFS(dir), filepath.ToSlash(filepath.Join(level, name))) // the pattern is well formed
			for _, file := range files {
				found = append(found, filepath.Join(dir, filepath.Dir(filepath.FromSlash(file))))
			}
		}
		if len(found) > 0 {
			slices.Sort(found)
			return slices.Compact(found), nil
		}
	}
	return nil, &stage.AdviceError{
		Err:  fmt.Errorf("%s: no manifest.json in it or in its directories", dir), //nolint:err113 // for people
		What: "pass a directory in dist/, such as dist/rocky9/rdma-core-56.1",
	}
}

// newestPage is the page that was written last.
func newestPage(dist string) (string, error) {
	var newest string
	var at time.Time
	for _, level := range []string{"", filepath.Join("*", "*")} {
		files, _ := filepath.Glob(filepath.Join(dist, level, pageFile)) // a pattern in the name only finds less
		for _, file := range files {
			if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() && !info.ModTime().Before(at) {
				newest, at = file, info.ModTime()
			}
		}
	}
	// The page in dist is about the run that has written another one just before.
	if last := filepath.Join(dist, pageFile); newest != "" && sameRun(last, at) {
		return last, nil
	}
	if newest == "" {
		return "", &stage.AdviceError{Err: errNoPage, What: "run " + strings.Join(pageTargets()[:4], ", ") + " or a test of packages"}
	}
	return newest, nil
}

// sameRun says whether a file was written right after or before a time.
func sameRun(file string, at time.Time) bool {
	const apart = 2 * time.Second
	info, err := os.Lstat(file)
	return err == nil && info.Mode().IsRegular() && at.Sub(info.ModTime()).Abs() < apart
}

var titleTag = regexp.MustCompile(`<title>([^<]*)</title>`)

// pageTitle is a page's title.
func pageTitle(file string) string {
	m := titleTag.FindStringSubmatch(headOf(file))
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// openFile shows a file in the user's browser.
func openFile(ctx context.Context, file string) error {
	for _, name := range []string{"xdg-open", "open"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		cmd := exec.CommandContext(ctx, program, file)
		cmd.WaitDelay = time.Second // a browser that it has started may keep its output open
		if out, err := cmd.CombinedOutput(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
			return &stage.AdviceError{
				Err: fmt.Errorf("%s: %w: %.200s", name, err, strings.TrimSpace(string(out))), What: "open the file in a browser",
			}
		}
		return nil
	}
	return &stage.AdviceError{Err: errNoOpener, What: "open the file in a browser"}
}

var errNoOpener = errors.New("this machine has neither xdg-open nor open")
