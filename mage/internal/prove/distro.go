// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

const (
	distroFolder  = "/distro"
	distroAbout   = "about"
	distroLibrary = "libibverbs1"
	privateABI    = "IBVERBS_PRIVATE_"
)

// DistroError says that the packages of a suite's archive are not what an add-on can be installed next to.
type DistroError struct{ Suite, Want, Got string }

// Error implements error.
func (e *DistroError) Error() string {
	return fmt.Sprintf("%s of %s: want %s, got %q", distroLibrary, e.Suite, e.Want, e.Got)
}

// Distro downloads a suite's own packages of rdma-core that a device is listed with. Their release and private ABI are read from
// the packages. The archive is asked once for each base.
//
// Errors: *containers.RunError if the archive does not answer, *DistroError.
func (p *Prover) Distro(ctx context.Context, j job.Job, base artifact.Base) (artifact.Dist, error) {
	in := distroInput{Base: base.ID, Names: []string{distroLibrary, "ibverbs-providers", "ibverbs-utils"}}
	var dist artifact.Dist
	_, err := p.MakeAndRead(ctx, "distro", in, func(entry stagecache.Entry) error {
		var err error
		if dist, err = folderDist(entry.Dir); err != nil {
			return err
		}
		about, err := stagecache.ReadFile(filepath.Join(entry.Dir, distroAbout))
		if err != nil {
			return fmt.Errorf("read what the distro's packages are: %w", err)
		}
		dist.Manifest.Suite = j.Suite().Name
		return readDistro(&dist.Manifest, strings.Fields(string(about)))
	})
	return dist, err
}

// readDistro fills in the release and the private ABI from the words of a version and the library's private ABIs.
func readDistro(m *artifact.Manifest, words []string) error {
	const versionAndABI = 2
	wrong := &DistroError{Suite: m.Suite, Want: "a version and one " + privateABI + "NN", Got: strings.Join(words, " ")}
	if len(words) != versionAndABI {
		return wrong
	}
	number, ok := strings.CutPrefix(words[1], privateABI)
	abi, err := strconv.Atoi(number)
	if !ok || err != nil {
		return wrong
	}
	m.Release, m.PrivateABI = debianpkg.UpstreamPart(words[0]), abi
	return nil
}

// distroInput is the input of a download.
type distroInput struct {
	Base  string   // image
	Names []string // the library's package first
}

// Container implements stage.Contained.
func (in distroInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: append([]string{"distro-debs.sh", distroFolder}, in.Names...),
		Name: "distro", Image: in.Base, Root: true, User: "root", Network: true,
		Env:     map[string]string{"LC_ALL": "C.UTF-8"},
		Outputs: []containers.Output{{Path: distroFolder}},
	}
}

// Make implements stage.Input.
func (in distroInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
