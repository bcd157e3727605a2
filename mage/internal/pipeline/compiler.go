// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"maps"
	"strconv"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// purpose is what a run compiles for.
type purpose int

const (
	forTrial    purpose = iota // what stays here: a build tree, a row of a walk, a module for the lab
	forPackages                // what somebody may install
)

// compiler is what a run of a compiler depends on besides its own inputs. The
// volume is one of them: the code that is compiled can write to it.
type compiler struct {
	image   string    // the toolchain
	epoch   time.Time // the release's date
	objects string    // the volume with the objects of earlier runs that it may take and add to; "": none
}

// compiler decides whose objects a run may take: those of the same provider's runs
// on the same base, and none at all for packages that may be released, since any
// earlier state of the provider could have written them.
func (p *Pipeline) compiler(job job.Job, tc artifact.Toolchain, epoch time.Time, why purpose) compiler {
	c := compiler{image: tc.ID, epoch: epoch}
	if why == forTrial || tc.Base.Standin {
		c.objects = p.volume(append([]string{"ccache", tc.Base.Folder}, job.Identity()...)...)
	}
	return c
}

const (
	ccacheFolder = "/builder/ccache"
	ccacheConfig = scriptFolder + "/ccache.conf"
)

// ccacheText is the compiler cache's configuration. ccache reads it in place of
// the one in its directory, in which prefix_command would run a program before
// every compiler. It is root's, and what compiles is not root.
const ccacheText = "# In place of ccache.conf in the cache's directory, to which what is compiled can write.\nmax_size = 5G\n"

// complete adds to a run of a compiler the toolchain, the release's date, fixed paths
// and locale, and the volume of objects, or that there is none.
func (c compiler) complete(spec containers.RunSpec) containers.RunSpec {
	env := map[string]string{
		"SOURCE_DATE_EPOCH": strconv.FormatInt(c.epoch.Unix(), 10),
		"TOPDIR":            topdir,
		"HOME":              "/builder",
		"LC_ALL":            "C.UTF-8",
		"TZ":                "UTC",
	}
	maps.Copy(env, spec.Env)
	spec.Image, spec.Env = c.image, env
	if c.objects == "" {
		// Also where an image has put ccache into the compiler's place.
		env["CCACHE_DISABLE"] = "1"
		return spec
	}
	env["CCACHE_DIR"], env["CCACHE_CONFIGPATH"] = ccacheFolder, ccacheConfig
	// The environment counts more than the configuration: an image's could name these.
	for _, program := range []string{"CCACHE_PREFIX", "CCACHE_PREFIX_CPP", "CCACHE_COMPILER"} {
		env[program] = ""
	}
	config := tarFile{name: ccacheConfig[1:], data: []byte(ccacheText)}
	spec.Inputs = append([]containers.Input{{Path: "/", Write: tarOf([]tarFile{config})}}, spec.Inputs...)
	spec.Volumes = append([]containers.VolumeMount{{Name: c.objects, Path: ccacheFolder}}, spec.Volumes...)
	return spec
}

// runCompiler is runScript for a script that compiles, in the compiler's image.
func (p *Pipeline) runCompiler(ctx context.Context, s *ui.Stage, c compiler, spec containers.RunSpec) error {
	if c.objects != "" {
		engine, err := p.Engine(ctx)
		if err != nil {
			return err
		}
		if err := engine.EnsureVolume(ctx, c.objects, nil); err != nil {
			return err
		}
	}
	_, err := p.runScript(ctx, s, c.complete(spec))
	return err
}

// key adds to a stage's key what every run of a compiler depends on.
func (c compiler) key(key *stagecache.KeyBuilder) *stagecache.KeyBuilder {
	return key.String("toolchain", c.image).
		String("epoch", c.epoch.UTC().String()).
		String("compiler cache", c.objects).
		String("compiler cache's configuration", ccacheText)
}
