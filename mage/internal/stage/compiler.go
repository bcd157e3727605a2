// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
)

// Purpose is what a run compiles for.
type Purpose int

// The purposes.
const (
	ForTrial    Purpose = iota // results that stay on this machine: a build tree, a row of a walk, a module for the lab
	ForPackages                // packages for users
)

// Compiler is everything that a compiler run depends on besides its own inputs. The volume is
// included, because the compiled code can write to it.
type Compiler struct {
	Image   string    // the toolchain
	Epoch   time.Time // the release's date
	Objects string    // volume with objects of earlier runs, read and extended; "": none
	Payload string    // compression of RPMs, see artifact.Base.Payload
	Cross   string    // processor that is cross-compiled for, in the words of the packages; "": the image's own
}

// Compiler decides which objects of ccache a run may reuse: those of the same provider's runs on the
// same base, and for packages none at all, since any earlier state of the provider could have
// written them. Without a provider, packages that cannot be released may reuse objects too.
func (r *Runner) Compiler(j job.Job, tc artifact.Toolchain, epoch time.Time, why Purpose) Compiler {
	c := Compiler{Image: tc.ID, Epoch: epoch}
	if why == ForPackages {
		c.Payload = tc.Base.Payload()
	}
	if c.Cross = string(j.Cross); j.Suite().Name != "" {
		c.Cross = j.Cross.Debian()
	}
	switch {
	case why == ForTrial:
		c.Objects = r.Volume(append([]string{"ccache", tc.Base.Folder}, j.Identity()...)...)
	case tc.Base.Standin && j.Provider == nil:
		c.Objects = r.Volume(stockObjects(j)...)
	}
	return c
}

// stockObjects names the volume with objects of stock code: one for all distros, since ccache tells compilers apart, but
// another for each source that a user gives. Its code runs while it is compiled, and may be somebody's fork.
func stockObjects(j job.Job) []string {
	parts := []string{"ccache", "standin"}
	if j.Given == "" {
		return parts
	}
	place := j.Given
	if abs, err := filepath.Abs(place); err == nil {
		place = abs
	}
	return append(parts, shortSum(place))
}

const (
	ccacheDir    = "/builder/ccache"
	ccacheConfig = ScriptDir + "/ccache.conf"
)

// ccacheText is ccache's configuration. ccache reads it instead of the one in its directory,
// where prefix_command could run a program before every compiler. It belongs to root, and
// builds do not run as root.
const ccacheText = `# In place of ccache.conf in the cache's directory, to which what is compiled can write.
max_size = 5G
depend_mode = true
`

// StageKey implements Keyed.
func (c Compiler) StageKey() string {
	return fmt.Sprintf("%q %s %q %q %q %q", c.Image, timeText(c.Epoch), c.Objects, c.Payload, c.Cross, ccacheText)
}

// Environment is that of a build, without what concerns ccache.
func (c Compiler) Environment() map[string]string {
	env := map[string]string{
		"SOURCE_DATE_EPOCH": strconv.FormatInt(c.Epoch.Unix(), 10),
		"TOPDIR":            Topdir,
		"HOME":              "/builder",
		"LC_ALL":            "C.UTF-8",
		"TZ":                "UTC",
	}
	if c.Payload != "" {
		env["PAYLOAD"] = c.Payload
	}
	if c.Cross != "" {
		env["CROSS"] = c.Cross
	}
	return env
}

// Fresh is the compiler without objects of earlier runs.
func (c Compiler) Fresh() Compiler {
	c.Objects = ""
	return c
}

// Spec adds to a run of a compiler the toolchain, the release's date, fixed paths
// and locale, and the volume of objects, or that there is none.
func (c Compiler) Spec(spec containers.RunSpec) containers.RunSpec {
	env := c.Environment()
	maps.Copy(env, spec.Env)
	spec.Image, spec.Env, spec.Programs = c.Image, env, true
	if c.Objects == "" {
		// Also where an image has put ccache into the compiler's place.
		env["CCACHE_DISABLE"] = "1"
		return spec
	}
	env["CCACHE_DIR"], env["CCACHE_CONFIGPATH"] = ccacheDir, ccacheConfig
	// The environment counts more than the configuration: an image's could name these.
	for _, program := range []string{"CCACHE_PREFIX", "CCACHE_PREFIX_CPP", "CCACHE_COMPILER"} {
		env[program] = ""
	}
	config := File{Name: ccacheConfig[1:], Data: []byte(ccacheText)}
	spec.Inputs = append([]containers.Input{{Path: "/", Write: Tar([]File{config})}}, spec.Inputs...)
	spec.Volumes = append([]containers.VolumeMount{{Name: c.Objects, Path: ccacheDir}}, spec.Volumes...)
	return spec
}
