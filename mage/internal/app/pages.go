// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/mage/internal/tail"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// The files of pages.
const (
	pageFile  = "report.html"  // about its directory; in dist itself about the last run
	pagesFile = "reports.html" // in dist, about several directories
	pageLog   = "report.log"   // in dist, the log that the page about the last run is made from
)

// pageTargets are the targets whose failure is a page: those that end in dist.
func pageTargets() []string {
	return []string{
		"rpm", "rpm:addon", "deb", "deb:addon",
		"test:integration", "test:addon", "test:deb", "test:debaddon", "test:kernel", "releases:check", "matrix", "matrix:merge",
	}
}

// callingTarget is the target whose function has called the caller of this one. Its name follows from the function's as mage
// derives it: rpm:addon is targets.Rpm.Addon.
func callingTarget() string {
	const callers = 3 // this function, its caller, the target
	pcs := make([]uintptr, 1)
	if runtime.Callers(callers, pcs) == 0 {
		return ""
	}
	frame, _ := runtime.CallersFrames(pcs).Next()
	name := frame.Function[strings.LastIndexByte(frame.Function, '/')+1:]
	_, name, _ = strings.Cut(name, ".")
	return strings.ToLower(strings.ReplaceAll(name, ".", ":"))
}

// made notes a directory of outputs that the run has made or tested, so that it gets a page.
func (a *App) made(dir string) {
	if !slices.Contains(a.results, dir) {
		a.results = append(a.results, dir)
	}
}

// pages writes the pages of a run.
type pages struct {
	*dist.Collector

	hide func(string) string
}

func (a *App) pages() pages {
	return pages{&dist.Collector{Dir: a.dirs.dist}, hidden(a.dirs, a.flags)}
}

// directories writes the page of each directory, and returns what they show.
func (p pages) directories(ctx context.Context, dirs []string) ([]page.Part, error) {
	parts := make([]page.Part, 0, len(dirs))
	for _, dir := range dirs {
		part, err := readout.Directory(dir)
		if err != nil {
			return parts, err
		}
		about := page.About{State: part.State}
		if _, err := p.write(ctx, dir, pageFile, page.Page{Title: titleOf(part), About: about, Parts: []page.Part{part}}); err != nil {
			return parts, err
		}
		part.Dir = readout.Link(p.Dir, dir)
		parts = append(parts, part)
	}
	return parts, nil
}

func titleOf(p page.Part) string { return p.Name + ": " + p.Verdict }

func (p pages) write(ctx context.Context, dir, name string, content page.Page) (string, error) {
	data, err := page.HTML(content, p.hide)
	if err != nil {
		return "", err
	}
	return p.Place(ctx, dir, name, data)
}

// writePages writes the pages of a run that succeeded. It stays one if they cannot be written.
func (a *App) writePages(ctx context.Context) {
	if err := a.tryPages(ctx); err != nil && ctx.Err() == nil {
		noPage(a.ui, err)
	}
}

// tryPages writes the pages of a run that succeeded: that of each of its directories, and in dist that about the last run,
// unless that is about the failure of another target.
func (a *App) tryPages(ctx context.Context) error {
	if len(a.results) == 0 {
		return nil
	}
	p := a.pages()
	parts, err := p.directories(ctx, a.results)
	if err != nil {
		return err
	}
	shown := filepath.Join(a.dirs.dist, pageFile)
	if len(parts) == 1 {
		shown = filepath.Join(a.results[0], pageFile)
	}
	if last := lastRun(a.dirs.dist); last.State != page.Fail && last.State != page.Stopped || last.Target == a.target {
		content := page.Page{Title: a.target + ": done", About: page.About{Target: a.target, State: page.Pass}, Parts: parts}
		if len(parts) == 1 {
			content.Title = titleOf(parts[0])
		}
		if _, err := p.write(ctx, a.dirs.dist, pageFile, content); err != nil {
			return err
		}
		if err := p.Discard(ctx, a.dirs.dist, pageLog); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.ui.Out(), "report: %s\n", a.relative(shown))
	return nil
}

// aboutRun is what a page says about its run, in its head.
var aboutRun = regexp.MustCompile(`<meta name="verbsmith-run" content="([^" ]*) ([^"]*)"`)

// lastRun reads which run the page in dist is about.
func lastRun(dir string) page.About {
	head := headOf(filepath.Join(dir, pageFile))
	m := aboutRun.FindStringSubmatch(head)
	if m == nil {
		return page.About{}
	}
	return page.About{Target: m[1], State: page.State(m[2])}
}

// headOf is the beginning of a page, in which its head is.
func headOf(file string) string {
	const most = page.MaxSize
	data, err := owned.ReadFile(file, most)
	if err != nil {
		return ""
	}
	return string(data[:min(len(data), 4<<10)])
}

// failedRun is what the page about a run that failed is made from.
type failedRun struct {
	dirs    folders
	flags   Flags
	target  string
	results []string // directories that the run has made or tested
	ui      *ui.UI
}

// writePage writes the page, and what it says of where it is, if a stage has begun: a wrong flag leaves nothing behind. It waits
// for no other run for long: the error has been shown.
func (r failedRun) writePage(ctx context.Context, failed error) {
	if r.dirs.dist == "" || !slices.Contains(pageTargets(), r.target) || !r.ui.Began() {
		return
	}
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	p := pages{&dist.Collector{Dir: r.dirs.dist}, hidden(r.dirs, r.flags)}
	file, err := r.page(ctx, p, failed)
	if err != nil {
		noPage(r.ui, err)
		return
	}
	fmt.Fprintf(r.ui.Err(), "report: %s\n", relativeTo(r.dirs.root, file))
}

// noPage warns that a page could not be written. What it would be about is as it is.
func noPage(u *ui.UI, err error) {
	slog.New(u.SlogHandler()).Warn("there is no report", "because", err)
}

func (r failedRun) page(ctx context.Context, p pages, failed error) (string, error) {
	parts, errDirs := p.directories(ctx, r.results)
	run := readout.Run{Target: r.target, Failures: r.ui.Failures(failed), Source: r.source}
	found, err := r.placeLog(ctx, p, run.Failures[0].Log)
	if err != nil {
		return "", err
	}
	run.Log = found
	part := readout.Failed(run)
	if errDirs != nil {
		part.Notes = append(part.Notes, r.ui.FirstLine(errDirs))
	}
	for i := range parts {
		parts[i].Failures = nil // the run's own part has said them
	}
	parts = slices.Insert(parts, 0, part)
	return p.write(ctx, r.dirs.dist, pageFile, page.Page{
		Title: part.Verdict, Verdict: part.Verdict, About: page.About{Target: r.target, State: part.State}, Parts: parts,
	})
}

// placeLog copies the log of the failure next to the page, and returns its name there; "" if there is none.
func (r failedRun) placeLog(ctx context.Context, p pages, log string) (string, error) {
	data := logText(log, p.hide)
	if data == nil {
		return "", p.Discard(ctx, r.dirs.dist, pageLog)
	}
	_, err := p.Place(ctx, r.dirs.dist, pageLog, data)
	return pageLog, err
}

// logMost bounds the copy of a log, in bytes.
const logMost = 4 << 20

// logText is a log without what names the machine; nil without one.
func logText(file string, hide func(string) string) []byte {
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	end := tail.New(logMost)
	if n, err := f.WriteTo(end); err != nil || n == 0 {
		return nil
	}
	return []byte(ui.Redact(hide(end.String())))
}

// source reads a file of the provider or of the repository that an error names.
func (r failedRun) source(file string) []byte {
	const most = 1 << 20
	place := owned.Real(absolute(file))
	inside := func(dir string) bool { return dir != "" && owned.Overlap(owned.Real(absolute(dir)), place) }
	given := value(r.flags.Provider, "")
	if !inside(r.dirs.root) && !(isPath(given) && inside(given)) {
		return nil
	}
	data, err := owned.ReadFile(place, most)
	if err != nil {
		return nil
	}
	return data
}

// hidden replaces the machine's directories in a text: a page is for others, too.
func hidden(dirs folders, flags Flags) func(string) string {
	var pairs []place
	add := func(dir, name string) {
		if len(dir) > 1 && filepath.IsAbs(dir) {
			pairs = append(pairs, place{dir, name})
		}
	}
	add(dirs.dist, "dist")
	add(dirs.cache, "CACHE")
	for _, given := range []string{value(flags.Provider, ""), value(flags.Source, ""), value(flags.Beside, "")} {
		if given, _, _ = strings.Cut(given, "@"); isPath(given) {
			add(absolute(given), filepath.Base(given))
		}
	}
	add(dirs.root+string(filepath.Separator), "")
	add(dirs.root, "REPOSITORY")
	home, _ := os.UserHomeDir() // "" replaces nothing
	add(home, "HOME")
	add(os.TempDir(), "TMP")
	return func(text string) string { return replacePaths(text, pairs) }
}

// place is a directory of this machine and what is shown instead.
type place struct{ dir, name string }

// replacePaths replaces directories where a path begins with one of them: /root does not begin
// /rootfs, and is not in /chroot.
func replacePaths(text string, places []place) string {
	const inName = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	var out strings.Builder
	for at := 0; at < len(text); {
		next := strings.IndexByte(text[at:], '/')
		if next < 0 {
			out.WriteString(text[at:])
			break
		}
		out.WriteString(text[at : at+next])
		at += next
		taken, name := 1, "/"
		for _, p := range places {
			if at > 0 && strings.Contains(inName, text[at-1:at]) {
				break
			}
			rest, ok := strings.CutPrefix(text[at:], p.dir)
			if ok && (rest == "" || strings.HasSuffix(p.dir, "/") || !strings.Contains(inName, rest[:1])) {
				taken, name = len(p.dir), p.name
				break
			}
		}
		out.WriteString(name)
		at += taken
	}
	return out.String()
}

// errNoPage says that no run has written a page.
var errNoPage = errors.New("no target has written a report yet")
