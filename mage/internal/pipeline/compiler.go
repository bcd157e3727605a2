// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"maps"
	"strconv"

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

// compilerCache is the volume with the objects of earlier runs that a run may
// take and add to; the zero value is none. It is an input of what is compiled
// with it: the code that is compiled can write to the volume.
type compilerCache struct{ volume string }

// compilerCache decides whose objects a run may take: those of the same
// provider's runs on the same base, and none at all for packages that may be
// released, since any earlier state of the provider could have written them.
func (p *Pipeline) compilerCache(job job.Job, base artifact.Base, why purpose) compilerCache {
	if why == forPackages && !base.Standin {
		return compilerCache{}
	}
	return compilerCache{volume: p.volume(append([]string{"ccache", base.Folder}, job.Identity()...)...)}
}

const (
	ccacheFolder = "/builder/ccache"
	ccacheConfig = scriptFolder + "/ccache.conf"
)

// ccacheText is the compiler cache's configuration. ccache reads it in place of
// the one in its directory, in which prefix_command would run a program before
// every compiler. It is root's, and what compiles is not root.
const ccacheText = "# In place of ccache.conf in the cache's directory, to which what is compiled can write.\nmax_size = 5G\n"

// compileSpec completes what runs a compiler: the release's date, fixed paths and
// locale, and the compiler's cache, or that there is none.
func compileSpec(spec containers.RunSpec, src artifact.Source, cache compilerCache) containers.RunSpec {
	env := map[string]string{
		"SOURCE_DATE_EPOCH": strconv.FormatInt(src.Epoch.Unix(), 10),
		"TOPDIR":            topdir,
		"HOME":              "/builder",
		"LC_ALL":            "C.UTF-8",
		"TZ":                "UTC",
	}
	maps.Copy(env, spec.Env)
	spec.Env = env
	if cache.volume == "" {
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
	spec.Volumes = append([]containers.VolumeMount{{Name: cache.volume, Path: ccacheFolder}}, spec.Volumes...)
	return spec
}

// runCompiler is runScript for a script that compiles.
func (p *Pipeline) runCompiler(
	ctx context.Context, s *ui.Stage, script string, args []string, spec containers.RunSpec, src artifact.Source, cache compilerCache,
) error {
	if cache.volume != "" {
		engine, err := p.Engine(ctx)
		if err != nil {
			return err
		}
		if err := engine.EnsureVolume(ctx, cache.volume, nil); err != nil {
			return err
		}
	}
	_, err := p.runScript(ctx, s, script, args, compileSpec(spec, src, cache))
	return err
}

// key adds to a stage's key what every run of a compiler depends on.
func (c compilerCache) key(key *stagecache.KeyBuilder, tc artifact.Toolchain, src artifact.Source) *stagecache.KeyBuilder {
	return key.String("toolchain", tc.ID).
		String("epoch", src.Epoch.UTC().String()).
		String("compiler cache", c.volume).
		String("compiler cache's configuration", ccacheText)
}
