// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	stageName   = "judge"
	packagesIn  = "/judged"
	oursFolder  = packagesIn + "/ours"
	stockFolder = packagesIn + "/stock"
	sourceIn    = stage.DebFolder + "/in"
	nobody      = "65534:65534"
)

// Judge runs the stage.
type Judge struct {
	*stage.Runner

	Tools string // image with the programs
}

// Case is what is judged.
type Case struct {
	Ours, Stock artifact.Dist
	Toolchain   artifact.Toolchain
	Driver      string // the .driver file that the provider adds, as an absolute path
}

// ErrEmpty says that a directory has no packages.
var ErrEmpty = errors.New("no packages are in it")

// Packages asks all programs that know this kind of packages. What one of them objects to is a result.
//
// Errors: ErrEmpty, and those of the engine.
func (j *Judge) Packages(ctx context.Context, c Case) (report.Suite, error) {
	s := j.Begin(stageName)
	suite, err := j.packages(ctx, s, c)
	return suite, j.EndLook(stageName, s, errors.Join(err, suite.Err()))
}

func (j *Judge) packages(ctx context.Context, s *ui.Stage, c Case) (report.Suite, error) {
	suite := report.Suite{Name: "judges of " + c.Ours.Manifest.Label() + " for " + c.Toolchain.Base.Folder, Started: time.Now()}
	ours, err := binary(c.Ours)
	if err != nil {
		return suite, err
	}
	stock, err := binary(c.Stock)
	if err != nil {
		return suite, err
	}
	all := []question{lint(j.Tools, c), abi(j.Tools, ours, stock), closure(c), exchange(c)}
	if c.Ours.Debian() {
		build, err := checkBuild(c)
		if err != nil {
			return suite, err
		}
		all = []question{abi(j.Tools, ours, stock), exchange(c), build}
	}
	for i, q := range all {
		v := q.result
		if _, err := j.Verdict(ctx, s, &v, q.spec); err != nil {
			return suite, err
		}
		if v.Passed() && q.read != nil {
			q.read(&v)
		}
		suite.Results = append(suite.Results, v)
		s.Step(i+1, len(all), v.Name)
	}
	return suite, nil
}

// question is what one program is asked.
type question struct {
	result report.Result
	spec   containers.RunSpec
	read   func(v *report.Result) // judges what a program said that has run to its end; nil: the exit status does
}

// binary are the binary packages of a directory, those with debugging data too, by their file names.
func binary(d artifact.Dist) ([]stage.File, error) {
	var files []stage.File
	for _, f := range d.Manifest.Files {
		if pkgfile.IsRPM(f.Path) || pkgfile.IsDeb(f.Path) {
			files = append(files, fileOf(d, f))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("judge %s: %w", d.Dir, ErrEmpty)
	}
	return files, nil
}

// installable are the packages without those with debugging data.
func installable(d artifact.Dist) []stage.File {
	var files []stage.File
	for _, f := range d.Manifest.Files {
		name, _, ok := pkgfile.SplitNEVRA(f.NEVRA)
		if ok && pkgfile.IsRPM(f.Path) && !pkgfile.IsDebugRPM(name) || pkgfile.IsDeb(f.Path) && !pkgfile.IsDebugDeb(f.Path) {
			files = append(files, fileOf(d, f))
		}
	}
	return files
}

func fileOf(d artifact.Dist, f artifact.Output) stage.File {
	return stage.File{Name: path.Base(f.Path), Path: filepath.Join(d.Dir, filepath.FromSlash(f.Path))}
}

// inputs are both sets of packages in a container.
func inputs(ours, stock []stage.File) []containers.Input {
	return []containers.Input{{Path: oursFolder, Write: stage.Tar(ours)}, {Path: stockFolder, Write: stage.Tar(stock)}}
}

func abi(tools string, ours, stock []stage.File) question {
	return question{
		result: report.Result{Name: "abi", Title: "libabigail: the libraries have the ABI of upstream's own"},
		spec: containers.RunSpec{
			Argv: []string{"judge-packages.sh", "abi", oursFolder, stockFolder},
			Name: stageName, Image: tools, User: nobody, Env: plainEnvironment(), Inputs: inputs(ours, stock),
		},
	}
}

func plainEnvironment() map[string]string {
	return map[string]string{"LC_ALL": "C.UTF-8", "HOME": "/tmp"}
}

func closure(c Case) question {
	return question{
		result: report.Result{Name: "repoclosure", Title: "dnf repoclosure: the repositories have all that the packages require"},
		spec: containers.RunSpec{
			Argv: []string{"closure.sh", oursFolder},
			Name: stageName, Image: c.Toolchain.ID, Root: true, User: "root", Network: c.Toolchain.Base.Network(), Repositories: true,
			Inputs: []containers.Input{{Path: oursFolder, Write: stage.Tar(installable(c.Ours))}},
		},
	}
}

// exchange asks the package manager to go from upstream's own packages to these and back.
func exchange(c Case) question {
	manager, there, back := "apt", "installation", "return"
	if !c.Ours.Debian() {
		manager = "dnf"
		there, back = steps(c.Ours, c.Stock)
	}
	return question{
		result: report.Result{Name: "exchange", Title: manager + ": from upstream's own packages to these and back"},
		spec: containers.RunSpec{
			Argv: []string{"exchange.sh", manager, oursFolder, stockFolder, c.Driver, there, back},
			Name: stageName, Image: c.Toolchain.Base.Minimal, Root: true, User: "root",
			Network: c.Toolchain.Base.Network(), Repositories: manager == "dnf",
			Inputs: inputs(installable(c.Ours), installable(c.Stock)),
		},
	}
}

// steps are what dnf calls the way from stock to ours, and back.
func steps(ours, stock artifact.Dist) (there, back string) {
	switch n := pkgfile.CompareEVR(evr(ours), evr(stock)); {
	case n > 0:
		return "upgrade", "downgrade"
	case n < 0:
		return "downgrade", "upgrade"
	}
	return "reinstall", "reinstall"
}

// evr is the version of the first binary package.
func evr(d artifact.Dist) string {
	for _, f := range d.Manifest.Files {
		if pkgfile.IsRPM(f.Path) {
			_, version, _ := pkgfile.SplitNEVRA(f.NEVRA)
			return version
		}
	}
	return ""
}

// checkBuild builds the source package as rdma-core's developers do.
func checkBuild(c Case) (question, error) {
	var files []stage.File
	for _, f := range c.Ours.Manifest.Files {
		if !pkgfile.IsDeb(f.Path) && (strings.HasSuffix(f.Path, ".dsc") || strings.Contains(f.Path, ".tar.")) {
			files = append(files, fileOf(c.Ours, f))
		}
	}
	if len(files) == 0 {
		return question{}, fmt.Errorf("judge the source package in %s: %w", c.Ours.Dir, ErrEmpty)
	}
	return question{
		result: report.Result{Name: "check-build", Title: "rdma-core's buildlib/check-build passes"},
		spec: containers.RunSpec{
			Argv: []string{"check-build.sh", sourceIn},
			Name: stageName, Image: c.Toolchain.ID, User: stage.Builder, Env: map[string]string{"LC_ALL": "C.UTF-8", "HOME": "/builder"},
			Programs: true,
			Volumes:  []containers.VolumeMount{stage.OwnVolume(stage.DebFolder)},
			Inputs:   []containers.Input{stage.BuilderInput(sourceIn, files)},
		},
	}, nil
}
