// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/edit"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

// causeOf is what is wrong, in words. What is nearer to the cause comes first: a disk that is full makes a compiler fail, and a
// compiler a container.
func causeOf(f ui.Failure) string {
	for _, ask := range []func(ui.Failure) string{machineCause, testCause, sourceCause, engineCause, toolCause, fileCause, requestCause} {
		if text := ask(f); text != "" {
			return text
		}
	}
	return upperFirst(f.Message[0])
}

// machineCause is what has nothing to do with what was made.
func machineCause(f ui.Failure) string {
	if f.Interrupted && errors.Is(f.Err, context.Canceled) {
		return "The run was ended before it was done (" + f.Message[0] + ")"
	}
	if errors.Is(f.Err, syscall.ENOSPC) || errors.Is(f.Err, syscall.EDQUOT) {
		return "A disk is full" + fullPlace(f.Err)
	}
	if limit, ok := errors.AsType[*containers.LimitError](f.Err); ok {
		return "A container met a limit: " + limit.Error()
	}
	if busy, ok := errors.AsType[*owned.BusyError](f.Err); ok {
		return "Another run uses " + busy.Dir
	}
	if busy, ok := errors.AsType[*stagecache.BusyError](f.Err); ok {
		return "Another run does not let go of " + busy.What + " (" + busy.Holder + ")"
	}
	if foreign, ok := errors.AsType[*owned.ForeignError](f.Err); ok {
		return "A file that is not verbsmith's is in the way: " + foreign.Path
	}
	if errors.Is(f.Err, context.DeadlineExceeded) && f.Command == "" {
		return "Something took too long: " + f.Message[0]
	}
	return ""
}

// fullPlace says which disk is full, if that is known.
func fullPlace(err error) string {
	if full, ok := errors.AsType[*stagecache.SpaceError](err); ok {
		return ": that of the cache, " + full.Dir
	}
	if full, ok := errors.AsType[*upstream.SpaceError](err); ok {
		return ": that of " + full.Path
	}
	if as[*containers.RunError](err) || as[*containers.BuildError](err) {
		return ": the engine's"
	}
	return ""
}

// verdictCauses are what is wrong if a verdict fails, by its name.
func verdictCause(name, title string) string {
	text := map[string]string{
		"verify":           "What is installed is not what the packages hold",
		"owner":            "A file of the provider belongs to the wrong package",
		"private-abi":      "The provider was built for another private ABI than that of libibverbs, which does not load it",
		"loads":            "The module does not load: a symbol that it needs is unresolved",
		"listed":           "ibv_devices does not list the provider's device",
		"devinfo":          "ibv_devinfo does not list the provider's device",
		"without-driver":   "The device is listed even without the provider's .driver file",
		"without-module":   "libibverbs does not say that the module is missing",
		"foreign-abi":      "The provider accepts a kernel ABI that it was not made for",
		"foreign-name":     "The provider claims a device that is not its own",
		"removed":          "Files of the provider stay when its package is removed",
		"not-listed":       "The packages without the provider list its device",
		"install":          "The packages cannot be installed",
		"survives-upgrade": "An update of the distro replaces the packages",
	}[name]
	if text == "" {
		return "This does not hold: " + title
	}
	return text
}

// testCause is what a test has found.
func testCause(f ui.Failure) string {
	if guest, ok := errors.AsType[*lab.GuestError](f.Err); ok {
		text := "The guest of the kernel lab stopped before its end"
		if len(guest.Outcome.Trouble) > 0 {
			text = "The kernel of the lab's guest failed: " + guest.Outcome.Trouble[0]
		}
		if guest.Outcome.Running.Case != "" {
			text += fmt.Sprintf(", in case %s on %s", guest.Outcome.Running.Case, guest.Outcome.Running.Device)
		}
		return text
	}
	if failed, ok := errors.AsType[*report.FailedError](f.Err); ok && len(failed.Failed) > 0 {
		first := failed.Failed[0]
		return verdictCause(first.Name, first.Title) + " (" + ui.Clean(first.Evidence) + ")"
	}
	return ""
}

// sourceCause is what is wrong with a release's archive.
func sourceCause(f ui.Failure) string {
	if sum, ok := errors.AsType[*upstream.SumError](f.Err); ok {
		return "The archive of rdma-core " + sum.Version + " is not the known one: its SHA-256 differs (" + sum.File + ")"
	}
	if archive, ok := errors.AsType[*upstream.ArchiveError](f.Err); ok {
		return "The archive is damaged, or no release of rdma-core: " + archive.Reason
	}
	if none, ok := errors.AsType[*upstream.ResolveError](f.Err); ok {
		return "rdma-core " + none.Version + " is not available from any origin"
	}
	if as[*upstream.DownloadError](f.Err) {
		return "A download failed: " + f.Message[0]
	}
	return ""
}

// engineCause is what is wrong with the container engine or a registry.
func engineCause(f ui.Failure) string {
	if away, ok := errors.AsType[*containers.UnreachableError](f.Err); ok {
		return "No container engine answers at " + away.Host
	}
	if pull, ok := errors.AsType[*containers.PullError](f.Err); ok {
		return fmt.Sprintf("The image %s cannot be pulled: %s", pull.Ref, pull.Reason)
	}
	return ""
}

// toolCause is what a compiler, a linker, rpm or dnf has found.
func toolCause(f ui.Failure) string {
	if len(f.Errors) == 0 {
		return ""
	}
	e := f.Errors[0]
	where := ""
	if e.File != "" && e.Line > 0 {
		where = fmt.Sprintf(" in line %d of %s", e.Line, e.File)
	} else if e.File != "" {
		where = " in " + e.File
	}
	said := ui.Clean(e.Message)
	switch {
	case strings.HasPrefix(said, "Failed build dependencies"), strings.Contains(said, "nothing provides"),
		strings.HasPrefix(said, "No match"), strings.HasPrefix(said, "Unable to find a match"), strings.HasPrefix(said, "No package "):
		return "A package that the build needs is missing: " + said
	case strings.HasPrefix(said, "undefined reference"), strings.HasPrefix(said, "undefined symbol"):
		return "A symbol is unresolved" + where + ": " + said
	case strings.Contains(said, "does not apply"):
		return "A patch does not apply" + where + ": " + said
	case where != "":
		return "A mistake" + where + ": " + said
	}
	return upperFirst(said)
}

// fileCause is what is wrong with a file that somebody wrote.
func fileCause(f ui.Failure) string {
	if mistake, ok := errors.AsType[*strictyaml.Mistake](f.Err); ok {
		return fmt.Sprintf("Line %d of %s is invalid: %s", mistake.Line, mistake.File, strings.TrimPrefix(mistake.Path+": ", ": ")+
			"want "+mistake.Want+", got "+mistake.Got)
	}
	if source, ok := errors.AsType[*provider.SourceError](f.Err); ok {
		return fmt.Sprintf("Line %d of %s is wrong: want %s, got %s", source.Line, source.File, edit.Cut(source.Want), edit.Cut(source.Got))
	}
	if conflict, ok := errors.AsType[*patchset.ConflictError](f.Err); ok {
		return "The patch does not apply to " + edit.At(conflict.File, conflict.Line)
	}
	if hunk, ok := errors.AsType[*patchset.HunkError](f.Err); ok {
		return fmt.Sprintf("The patch %s does not apply to %s", hunk.Patch, hunk.File)
	}
	if as[*patchset.ProofError](f.Err) {
		return "The patch does not apply: " + f.Message[0]
	}
	if place, ok := errors.AsType[*edit.PlaceError](f.Err); ok {
		return fmt.Sprintf("%s has no place for an edit: want %s", edit.At(place.File, place.Line), edit.Cut(place.LookedFor))
	}
	return ""
}

// requestCause is what is wrong with what was asked for.
func requestCause(f ui.Failure) string {
	if unknown, ok := errors.AsType[*specs.UnknownError](f.Err); ok {
		return fmt.Sprintf("There is no %s %s", unknown.Kind, edit.Quote(unknown.Name))
	}
	if given, ok := errors.AsType[*upstream.GivenError](f.Err); ok {
		return "The given source cannot be used: " + given.Reason
	}
	return ""
}

// upperFirst begins a sentence.
func upperFirst(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}
