// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/tail"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

// Prover gives verdicts.
type Prover struct{ *stage.Runner }

// verdicts in the order of the table. Each runs in a container of its own,
// from the image in which dnf installed the packages.
func verdicts(m subject) []report.Result {
	return []report.Result{
		m.packaging.verify,
		{Name: "owner", Title: m.packaging.owner + " owns " + m.provider + ".driver and its module"},
		{Name: "private-abi", Title: "provider and libibverbs have the same private ABI"},
		{Name: "loads", Title: "the module loads with no unresolved symbol"},
		{Name: "listed", Title: "ibv_devices lists " + m.device + " with the GUID of the tree"},
		{Name: "devinfo", Title: "ibv_devinfo -l agrees"},
		{Name: "without-driver", Title: "without " + m.provider + ".driver it is not listed"},
		{Name: "without-module", Title: "without the module a warning names it"},
		{Name: "foreign-abi", Title: "a foreign kernel ABI is refused"},
		{Name: "foreign-name", Title: "another device " + m.matchedBy() + " is refused"},
		{Name: "removed", Title: m.packaging.remove + " leaves no file of " + m.provider},
	}
}

// proofSubject is what the verdicts are about.
type subject struct {
	provider, device, guid, modalias string
	kernelABI, privateABI            int
	driverID                         int // 0: the device is matched without it
	packages                         []string
	packaging                        packaging
}

// matchedBy is what the provider recognises its device by.
func (m subject) matchedBy() string {
	switch {
	case m.driverID > 0:
		return "driver id"
	case m.modalias != "":
		return "modalias"
	}
	return "name"
}

// env is the environment that verdict.sh documents. The foreign device is one
// that no provider claims by name, PCI id or driver id; the foreign ABI one that
// no driver has had.
func (m subject) env() map[string]string {
	const foreignABI, foreignID = 9999, 999999
	env := map[string]string{
		"PROVIDER":       m.provider,
		"DEVICE":         m.device,
		"GUID":           m.guid,
		"MODALIAS":       m.modalias,
		"KERNEL_ABI":     strconv.Itoa(m.kernelABI),
		"PRIVATE_ABI":    strconv.Itoa(m.privateABI),
		"FOREIGN_ABI":    strconv.Itoa(foreignABI),
		"FOREIGN_DEVICE": "nobody0",
		"PACKAGES":       strings.Join(m.packages, " "),
		"OWNER":          m.packaging.owner,
		"MANAGER":        m.packaging.manager,
		"LC_ALL":         "C.UTF-8",
	}
	if m.driverID > 0 {
		env["DRIVER_ID"], env["FOREIGN_ID"] = strconv.Itoa(m.driverID), strconv.Itoa(foreignID)
		env["NETLINK"] = playerFolder + "/" + playerFile
	}
	return env
}

func subjectOf(j job.Job, privateABI, driverID int) (subject, error) {
	guid := make([]byte, 8)
	if _, err := rand.Read(guid); err != nil {
		return subject{}, fmt.Errorf("generate a GUID for the proof: %w", err)
	}
	guid[0] = 0x02 // never all zero, which libibverbs takes for unknown
	d := j.Provider.Manifest.Device
	if !d.ByDriverID {
		driverID = 0
	}
	return subject{
		packaging: rpmPackaging(),
		provider:  j.Provider.Manifest.Name, device: d.Name, modalias: d.Modalias,
		guid: hex.EncodeToString(guid), kernelABI: d.KernelABI, privateABI: privateABI, driverID: driverID,
	}, nil
}

// ProveTree proves from a build tree that ibv_devices finds the provider's
// device, with the very tools and libraries of the build.
func (p *Prover) ProveTree(
	ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain, b artifact.Build,
) (report.Result, error) {
	s := p.Begin("discover")
	m, err := subjectOf(j, tree.Result.PrivateABI, tree.Result.DriverID)
	if err != nil {
		return report.Result{}, p.End("discover", s, false, err)
	}
	spec, err := p.cleanRun(ctx, s, tc, tc.ID, m)
	if err != nil {
		return report.Result{}, p.End("discover", s, false, err)
	}
	spec.Env["BIN"] = b.Tree + "/build/bin"
	spec.Volumes = []containers.VolumeMount{{Name: b.Volume, Path: stage.TreeDir, ReadOnly: true}} // root reads it and writes nothing
	v := report.Result{Name: "listed", Title: "ibv_devices of the build tree lists " + m.device}
	err = p.judge(ctx, s, &v, spec)
	if err == nil && !v.Passed() {
		err = &report.FailedError{Failed: []report.Result{v}}
	}
	if err == nil {
		s.Note(v.Evidence)
	}
	return v, p.End("discover", s, false, err)
}

// Prove installs the packages of dist in a clean container and gives the
// verdicts. One is about stock, packages of the same release without the provider, if
// there are any. The error says why a verdict could not be given; failed
// verdicts are in the report.
func (p *Prover) Prove(
	ctx context.Context, j job.Job, tc artifact.Toolchain, dist artifact.Dist, stock *artifact.Dist,
) (report.Suite, error) {
	s := p.Begin("prove")
	suite, err := p.prove(ctx, j, tc, dist, stock, s)
	if err == nil {
		err = suite.Err()
	}
	return suite, p.End("prove", s, false, err)
}

func (p *Prover) prove(
	ctx context.Context, j job.Job, tc artifact.Toolchain, dist artifact.Dist, stock *artifact.Dist, s *ui.Stage,
) (report.Suite, error) {
	base := tc.Base
	suite := report.Suite{Name: base.Folder + " rdma-core " + dist.Manifest.Label(), Started: time.Now()}
	m, err := subjectOf(j, dist.Manifest.PrivateABI, dist.Manifest.DriverID)
	if err != nil {
		return suite, err
	}
	m.packaging = packagingOf(dist)
	image, install, names, err := p.install(ctx, s, base, base.Minimal, dist)
	if err != nil {
		return suite, err
	}
	suite.Results = append(suite.Results, install)
	if !install.Passed() {
		return suite, nil
	}
	defer p.removeImage(ctx, image)
	m.packages = names
	spec, err := p.cleanRun(ctx, s, tc, image, m)
	if err != nil {
		return suite, err
	}
	if err := p.judgeAll(ctx, s, &suite, verdicts(m), spec); err != nil {
		return suite, err
	}
	if stock == nil {
		return suite, nil
	}
	v, err := p.proveStock(ctx, tc, *stock, m, s)
	if err == nil {
		suite.Results = append(suite.Results, v)
	}
	return suite, err
}

// judgeAll gives verdicts in their order, and adds each to the report.
func (p *Prover) judgeAll(ctx context.Context, s *ui.Stage, suite *report.Suite, all []report.Result, spec containers.RunSpec) error {
	for i, v := range all {
		s.Step(i+1, len(all), v.Name)
		if err := p.judge(ctx, s, &v, spec); err != nil {
			return err
		}
		suite.Results = append(suite.Results, v)
	}
	return nil
}

// cleanRun is a container for one verdict: no network, and no answer from the
// host's own RDMA. Where the driver id decides, a player gives the answer.
func (p *Prover) cleanRun(
	ctx context.Context, s *ui.Stage, tc artifact.Toolchain, image string, m subject,
) (containers.RunSpec, error) {
	seccomp, err := containers.RefuseRDMANetlink()
	spec := containers.RunSpec{
		Name: "prove", Image: image, Root: true, User: "root", Env: m.env(), Seccomp: seccomp,
	}
	if err == nil && m.driverID > 0 {
		var player containers.Input
		player, err = p.netlinkPlayer(ctx, s, tc)
		spec.Inputs = append(spec.Inputs, player)
	}
	return spec, err
}

// proveStock asserts that packages without the provider do not list the device.
func (p *Prover) proveStock(
	ctx context.Context, tc artifact.Toolchain, stock artifact.Dist, m subject, s *ui.Stage,
) (report.Result, error) {
	image, install, _, err := p.install(ctx, s, tc.Base, tc.Base.Minimal, stock)
	if err != nil || !install.Passed() {
		install.Title = "stock packages: " + install.Title
		return install, err
	}
	defer p.removeImage(ctx, image)
	spec, err := p.cleanRun(ctx, s, tc, image, m)
	if err != nil {
		return report.Result{}, err
	}
	v := report.Result{Name: "not-listed", Title: "stock packages do not list " + m.device}
	err = p.judge(ctx, s, &v, spec)
	return v, err
}

// install has dnf or apt install the binary packages of dist in a container of the
// image from and keeps the result as an image.
func (p *Prover) install(
	ctx context.Context, s *ui.Stage, base artifact.Base, from string, dist artifact.Dist,
) (image string, v report.Result, names []string, err error) {
	pk := packagingOf(dist)
	v = report.Result{Name: "install", Title: pk.installer + " installs the packages, dependencies resolved"}
	files, names, err := stage.Installable(dist)
	if err != nil {
		return "", v, nil, err
	}
	out := tail.New(mostOutput)
	start := time.Now()
	result, err := p.Script(ctx, s, containers.RunSpec{
		Argv: []string{pk.script, "/" + stage.PackagesDir(dist)},
		Name: "install", Image: from, Root: true, User: "root",
		// A real distro fetches dependencies; the stand-in carries its own.
		Network: !base.Standin,
		Inputs:  []containers.Input{{Path: "/", Write: stage.Tar(files)}},
		Log:     io.MultiWriter(s.Log(), out),
		Commit:  fmt.Sprintf("verbsmith/proof:%d", time.Now().UnixNano()),
	})
	v.Elapsed = time.Since(start)
	if err := ended(&v, out.String(), err); err != nil || !v.Passed() {
		return "", v, nil, err
	}
	v.Evidence = fmt.Sprintf("%d packages, %s check finds nothing", len(names), pk.installer)
	return result.Image, v, names, nil
}

// judge runs one verdict; a failed one is not an error.
func (p *Prover) judge(ctx context.Context, s *ui.Stage, v *report.Result, spec containers.RunSpec) error {
	out := tail.New(mostOutput)
	spec.Argv = []string{scripts.Verdict, v.Name}
	spec.Log = io.MultiWriter(s.Log(), out)
	start := time.Now()
	_, err := p.Script(ctx, s, spec)
	v.Elapsed = time.Since(start)
	return ended(v, out.String(), err)
}

// ended records in v what its container printed and how it ended: the exit status is
// the verdict, whatever was printed. Any other error is returned.
func ended(v *report.Result, output string, err error) error {
	v.Output, v.Evidence, v.State = output, evidence(output), report.StateOf(err == nil)
	if _, ok := errors.AsType[*containers.RunError](err); ok {
		return nil
	}
	return err
}

// mostOutput is how much of a verdict's output is kept: its evidence is at the end, and reports hold it.
const mostOutput = 1 << 20

func (p *Prover) removeImage(ctx context.Context, image string) {
	engine, err := p.Engine(ctx)
	if err != nil {
		return
	}
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_ = engine.RemoveImage(ctx, image) // the clean target removes what is left
}

// evidence is the last line that a verdict marks as such, or its last line.
func evidence(output string) string {
	const mark = "evidence: "
	if i := strings.LastIndex(output, mark); i >= 0 {
		return strings.TrimSpace(output[i+len(mark):])
	}
	return lastLine(output)
}

func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
