// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The labels by which verbsmith recognises its own objects on an engine.
const (
	// Label is "1" on every container, volume and image that verbsmith creates. Images pass it on to the
	// containers and images that someone makes from them.
	Label = "io.resnics.verbsmith"
	// RunLabel is the ID of the run that created a container, a volume, or an imported or committed image. Built
	// images have none: otherwise a build that changes nothing would create a new image.
	RunLabel = Label + ".run"
	// homeLabel is the identity of the directory with the run's lock file. Without it, a run of another user or
	// machine on the same engine would seem dead, because its lock file is elsewhere.
	homeLabel = Label + ".home"
	// selfLabel is the name of the container that has it. A container that someone else makes from an image of ours
	// inherits the labels but has another name, so it does not count as a leftover.
	selfLabel = Label + ".container"
	// runsLabel is the path of that directory. With it, clean can find out whether a run of another directory is
	// alive.
	runsLabel = Label + ".runs"
)

// containerLabels returns the labels of the container called name, added to those of the caller.
func containerLabels(r *run, name string, extra map[string]string) map[string]string {
	labels := r.volumeLabels(extra)
	labels[selfLabel] = name
	return labels
}

// volumeLabels returns the labels of an object that belongs to this run's directory.
func (r *run) volumeLabels(extra map[string]string) map[string]string {
	labels := r.labels(extra)
	labels[homeLabel] = r.home
	labels[runsLabel] = r.dir
	return labels
}

// imageLabels returns the labels of a committed image, without those of its container: containers made from it would
// seem to belong to the run directory.
func imageLabels(r *run, extra map[string]string) map[string]string {
	labels := r.labels(extra)
	for _, own := range []string{homeLabel, runsLabel, selfLabel} {
		labels[own] = "" // an engine adds the container's own where there is none
	}
	return labels
}

// labels returns the labels of an object that outlives the run. They take precedence over the caller's.
func (r *run) labels(extra map[string]string) map[string]string {
	labels := make(map[string]string, len(extra)+5)
	maps.Copy(labels, extra)
	labels[Label] = "1"
	labels[RunLabel] = r.id
	return labels
}

// ownsItself reports whether a run of this home created the container, rather than that it inherited its labels.
func ownsItself(names []string, labels map[string]string, home string) bool {
	self := labels[selfLabel]
	return self != "" && labels[homeLabel] == home && labels[RunLabel] != "" && slices.Contains(names, "/"+self)
}

var unfitForName = regexp.MustCompile(`[^a-z0-9]+`)

// containerName builds a valid container name from a run ID, a number and any text.
func containerName(runID string, n int64, text string) string {
	slug := strings.Trim(unfitForName.ReplaceAllString(strings.ToLower(text), "-"), "-")
	if len(slug) > 40 {
		slug = strings.TrimRight(slug[:40], "-")
	}
	if slug == "" {
		slug = "container"
	}
	return fmt.Sprintf("verbsmith-%s-%d-%s", runID, n, slug)
}

// labelInstructions returns labels as LABEL instructions, sorted by key, for engine calls that accept nothing else.
// Keys and values must not contain control characters, which an instruction cannot represent.
func labelInstructions(labels map[string]string) ([]string, error) {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`)
	instructions := make([]string, 0, len(labels))
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		value := labels[key]
		if key == "" || strings.ContainsFunc(key+value, unicode.IsControl) {
			return nil, fmt.Errorf("label %q=%q: want a key, and no control characters in key or value", key, value)
		}
		instructions = append(instructions, `LABEL "`+quote.Replace(key)+`"="`+quote.Replace(value)+`"`)
	}
	return instructions, nil
}
