// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// reportFile is the archive in a distro's directory of outputs.
const reportFile = "report.tar.gz"

// DistroReport is the distro:report target: it tries everything for one distro, goes on after a failure, and packs
// what was seen into an archive.
func (a *App) DistroReport(ctx context.Context) error {
	j, err := a.rpmJob(ctx)
	if err == nil && j.Provider == nil {
		err = needsProvider()
	}
	if err != nil {
		return err
	}
	base, _, _, err := a.pipeline.Images().BaseState(ctx, j)
	if err != nil {
		return err
	}
	results, failed := a.tryParts(ctx, []step{
		{"probe", shows(a.DistroProbe)},
		{"toolchain", shows(func(ctx context.Context) error {
			_, err := a.doRPM(ctx, pipeline.ForToolchainBuild)
			return err
		})},
		{"stock packages", shows(a.stock)},
		{"packages", shows(a.RPM)},
		{"same bytes", shows(a.sameBytes)},
		{"integration", shows(a.TestIntegration)},
		{"add-on", shows(a.TestAddon)},
		{"kernel", shows(a.TestKernel)},
	})
	if ctx.Err() != nil {
		return ended(ctx, failed)
	}
	suite := report.Suite{Name: "report on " + base.Folder, Results: results}
	file, err := a.packReport(ctx, filepath.Join(a.dirs.dist, base.Folder), suite)
	if err == nil {
		a.ui.Table(suite.Name, checkHeader(), suite.Rows())
		fmt.Fprintln(a.ui.Out(), a.relative(file))
	}
	return errors.Join(failed, err)
}

// stock is rpm without the provider.
func (a *App) stock(ctx context.Context) error {
	own := a.flags.Provider
	defer func() { a.flags.Provider = own }()
	a.flags.Provider = new(noProvider)
	return a.RPM(ctx)
}

// sameBytes builds the packages a second time, from an empty cache, and compares their digests with those of the first.
func (a *App) sameBytes(ctx context.Context) error {
	first, err := a.doRPM(ctx, pipeline.ForRPM)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "verbsmith-again-")
	if err != nil {
		return fmt.Errorf("create a directory for the second build: %w", err)
	}
	defer os.RemoveAll(dir)
	cache, err := stagecache.Open(filepath.Join(dir, "stages")) //nolint:contextcheck // it opens a directory
	if err != nil {
		return err
	}
	again := *a.pipeline
	again.DistDir = filepath.Join(dir, "dist")
	again.Runner = &stage.Runner{CacheDir: dir, Cache: cache, UI: a.ui, Log: a.pipeline.Log, Engine: a.pipeline.Engine}
	second := pipeline.NewState(first.Job)
	if err := again.Do(ctx, pipeline.ForRPM, second); err != nil {
		return err
	}
	return dist.SameBytes(first.Dist.Manifest, second.Dist.Manifest)
}

// tryParts runs all parts, unless the run is interrupted.
func (a *App) tryParts(ctx context.Context, parts []step) (results []report.Result, failed error) {
	for _, part := range parts {
		start := time.Now()
		err := a.step(ctx, part, false)
		if ctx.Err() != nil {
			return results, err
		}
		evidence := ui.Took(time.Since(start))
		if err != nil {
			evidence = a.ui.FirstLine(err)
			failed = errors.Join(failed, fmt.Errorf("%s: %w", part.name, err))
		}
		results = append(results, report.Result{Name: part.name, Title: part.name, State: report.StateOf(err == nil), Evidence: evidence})
	}
	return results, failed
}

// packReport writes the archive: the logs of this run, and of what is in the distro's directory of outputs, what describes
// packages and tests. It has no package, and no name that belongs to this machine or its user.
func (a *App) packReport(ctx context.Context, dir string, suite report.Suite) (string, error) {
	clean := a.anonymous()
	var summary strings.Builder
	for _, row := range suite.Rows() {
		summary.WriteString(strings.Join(row, ": ") + "\n")
	}
	files := []stage.File{{Name: "report/summary.txt", Data: clean(summary.String())}}
	for name, from := range map[string]string{"report/logs": a.dirs.logs, "report/dist": dir} {
		found, err := reported(name, from, clean)
		if err != nil {
			return "", err
		}
		files = append(files, found...)
	}
	slices.SortFunc(files, func(a, b stage.File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	if err := errors.Join(stage.Tar(files)(packed), packed.Close()); err != nil {
		return "", err
	}
	return a.pipeline.Collector().Place(ctx, dir, reportFile, out.Bytes())
}

// reported are the files below a directory that describe what was done.
func reported(name, dir string, clean func(string) []byte) ([]stage.File, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing was written
	}
	if err != nil {
		return nil, fmt.Errorf("collect what was written: %w", err)
	}
	defer root.Close()
	var files []stage.File
	err = fs.WalkDir(root.FS(), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !describes(d.Name()) {
			return err
		}
		data, err := fs.ReadFile(root.FS(), file)
		files = append(files, stage.File{Name: path.Join(name, file), Data: clean(string(data)), Mode: 0o644})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("collect what is in %s: %w", dir, err)
	}
	return files, nil
}

// describes reports whether a file has results, by its name.
func describes(name string) bool {
	return slices.Contains([]string{"manifest.json", "timing.json", probeFile, pageFile}, name) ||
		strings.HasPrefix(name, "junit") && strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".log")
}

// anonymous replaces what names this machine or its user in a text: directories, the host, and credentials in URLs.
func (a *App) anonymous() func(text string) []byte {
	home, _ := os.UserHomeDir() // "" replaces nothing
	host, _ := os.Hostname()
	var pairs []string
	for _, p := range [][2]string{{a.dirs.dist, "DIST"}, {a.dirs.cache, "CACHE"}, {a.dirs.root, "REPOSITORY"}, {home, "HOME"}} {
		if len(p[0]) > 1 {
			pairs = append(pairs, p[0], p[1])
		}
	}
	named := regexp.MustCompile(`\b` + regexp.QuoteMeta(host) + `\b`)
	paths := strings.NewReplacer(pairs...)
	return func(text string) []byte {
		text = ui.Redact(paths.Replace(text))
		if host != "" {
			text = named.ReplaceAllString(text, "HOST")
		}
		return []byte(text)
	}
}
