// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// KnownReleaseError says that a release that is to be added is there already.
type KnownReleaseError struct{ Version, File string }

// Error names the file that has it.
func (e *KnownReleaseError) Error() string {
	return fmt.Sprintf("rdma-core %s is known already: %s has it", e.Version, e.File)
}

// InterfaceError says that a release contradicts the interface that specs/ has for its version.
type InterfaceError struct {
	Version          string
	Measured, Known  string
	File, From, What string
}

// Error names both.
func (e *InterfaceError) Error() string {
	return fmt.Sprintf("rdma-core %s: want the %s %s, which %s has for the releases from %s on, got %s",
		e.Version, e.What, e.Known, e.File, e.From, e.Measured)
}

// ReleasesAdd is the releases:add target: it measures a release that specs/ does not know, and writes a file with its origins, the sum
// of what was seen, and its interface to providers.
func (a *App) ReleasesAdd(ctx context.Context, version string) error {
	version = strings.TrimPrefix(version, "v")
	rel, err := specs.Upstream(version)
	if err != nil {
		return err
	}
	if _, err := a.releases.Find(version); err == nil {
		return &stage.AdviceError{
			Err:  &KnownReleaseError{Version: version, File: a.releases.File(version)},
			What: "to measure it again, remove it there first",
		}
	}
	j, compile, why, err := a.addJob(ctx, rel)
	if err != nil {
		return err
	}
	recipe := pipeline.ForReleasesAdd
	if compile {
		recipe = pipeline.ForReleasesAddAll
	}
	s := pipeline.NewState(j)
	if err := a.pipeline.Do(ctx, recipe, s); err != nil {
		return err
	}
	added, err := a.added(rel, s)
	if err != nil {
		return err
	}
	file, err := a.writeRelease(ctx, added, s)
	if err != nil {
		return err
	}
	a.showAdded(added, s, file, why)
	return a.pipeline.Prune(ctx)
}

// addJob reads the flags. Without -depth, the layout is measured if an engine answers; why says why it is not.
func (a *App) addJob(ctx context.Context, rel specs.Release) (j job.Job, compile bool, why string, err error) {
	j = job.Job{Version: rel.Version, Release: &rel, Given: value(a.flags.Source, "")}
	depth := value(a.flags.Depth, "")
	var errs [3]error
	j.Target, errs[0] = a.rpmTarget()
	j.Base, errs[1] = a.baseMode()
	if known := []string{depthEdit, depthCompile}; depth != "" && !slices.Contains(known, depth) {
		errs[2] = unknownDepth(depth, known)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return j, false, "", err
	}
	if addon.IsClone(j.Given) {
		j.Given += "@" + rel.Tag
	}
	compile, why, err = a.compiles(ctx, depth)
	return j, compile, why, err
}

// added is what is written of a release: its interface only if no other file has it.
func (a *App) added(rel specs.Release, s *pipeline.State) (specs.AddedRelease, error) {
	out := specs.AddedRelease{Release: rel}
	sum := specs.Sum{Name: s.Source.SumName, SHA256: s.Source.Digest}
	published := slices.IndexFunc(out.Origins, func(o specs.Origin) bool { return string(o.Kind) == sum.Name })
	if published >= 0 {
		out.Origins[published].SHA256 = sum.SHA256
	} else {
		out.Sums = []specs.Sum{sum}
	}
	m := s.Measured
	known, ok := a.pipeline.Interfaces.Of(rel.Version)
	if !ok {
		major, _, _ := strings.Cut(rel.Version, ".")
		n, err := strconv.Atoi(major)
		if err != nil {
			return out, &specs.VersionFormError{Got: rel.Version}
		}
		out.Interface = &specs.Interface{
			PrivateABI: m.PrivateABI, From: major + ".0", Below: strconv.Itoa(n+1) + ".0", Layout: m.Layout,
		}
		return out, nil
	}
	wrong := InterfaceError{Version: rel.Version, File: a.releases.InterfaceFile(rel.Version), From: known.From}
	switch {
	case known.PrivateABI != m.PrivateABI:
		wrong.What, wrong.Known, wrong.Measured = "private ABI", strconv.Itoa(known.PrivateABI), strconv.Itoa(m.PrivateABI)
	case known.Layout != "" && m.Layout != "" && known.Layout != m.Layout:
		wrong.What, wrong.Known, wrong.Measured = "layout", known.Layout, m.Layout
	default:
		return out, nil
	}
	return out, &wrong
}

// writeRelease writes the file: in verbsmith's own repository into specs/, elsewhere into the repository's own files. Nothing is written
// over, and nothing that could not be read by the next run.
func (a *App) writeRelease(ctx context.Context, rel specs.AddedRelease, s *pipeline.State) (shown string, err error) {
	from := "upstream's site"
	if s.Job.Given != "" {
		from = strconv.Quote(filepath.Base(s.Job.Given))
	}
	text, err := rel.Text(
		"rdma-core "+rel.Version+", written by releases:add from "+from+" on "+time.Now().UTC().Format(time.DateOnly)+".",
		"sums are of what was seen then: another archive of that name is refused.",
	)
	if err != nil {
		return "", err
	}
	inKit := specs.ReleaseFile(rel.Version)
	shown = a.dataFile(inKit)
	if err := a.readable("specs/"+inKit, text); err != nil {
		return "", err
	}
	file := filepath.Join(a.dirs.root, filepath.FromSlash(shown))
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return "", &KnownReleaseError{Version: rel.Version, File: shown}
	}
	if cause := context.Cause(ctx); cause != nil {
		return "", ended(ctx, cause)
	}
	err = os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = renameio.WriteFile(file, text, 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("write %s: %w", shown, err)
	}
	return shown, nil
}

// readable reads specs/ as the next run will, with the new file.
func (a *App) readable(name string, text []byte) error {
	data := a.pipeline.Kit.With(name, text).Dir("specs")
	releases, err := specs.LoadReleases(data)
	if err != nil {
		return err
	}
	_, err = specs.LoadInterfaces(data, releases)
	return err
}

func (a *App) showAdded(rel specs.AddedRelease, s *pipeline.State, file, why string) {
	rows := [][]string{
		{"private ABI", strconv.Itoa(s.Measured.PrivateABI)},
		{"driver ids", strconv.Itoa(len(s.Measured.DriverIDs))},
	}
	history, err := driverapi.Known()
	if err == nil && specs.CompareVersions(rel.Version, history.Newest) > 0 {
		news := history.News(s.Measured.Release)
		rows = append(rows, []string{"since " + news.Since, news.Text()})
	}
	layout := s.Measured.Layout
	if layout == "" {
		layout = strings.TrimSuffix("not measured: "+why, ": ")
	}
	rows = append(rows, []string{"layout", layout})
	if i := rel.Interface; i != nil {
		rows = append(rows, []string{"interface", "from " + i.From + " to below " + i.Below})
	} else if known, ok := a.pipeline.Interfaces.Of(rel.Version); ok {
		rows = append(rows, []string{"interface", "known: from " + known.From + " to below " + known.Below})
	}
	rows = append(rows, []string{"seen", s.Source.SumName + " sha256:" + s.Source.Digest}, []string{"written", file})
	a.ui.Table("rdma-core "+rel.Version, []string{"measured", "value"}, rows)
}
