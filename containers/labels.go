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
	// RunLabel is the id of the run that made a container, a volume, or an imported or committed image. Images
	// that are built do not get one of their own: with it, a build that changes nothing would still make a new
	// image.
	RunLabel = Label + ".run"
	// homeLabel is the identity of the directory in which the run's lock file lies. Without it, a run of another
	// user or machine on the same engine would look dead from here, because its lock file is elsewhere.
	homeLabel = Label + ".home"
	// selfLabel repeats the name of the container that carries it. A container that someone else makes from
	// an image of ours inherits our labels, but not the name: so it is not taken for a leftover.
	selfLabel = Label + ".container"
	// runsLabel is the path of that directory, by which clean can see from elsewhere whether the run goes on.
	runsLabel = Label + ".runs"
)

// containerLabels returns the labels of the container called name, over those that the caller asks for.
func containerLabels(r *run, name string, extra map[string]string) map[string]string {
	labels := r.volumeLabels(extra)
	labels[selfLabel] = name
	return labels
}

// volumeLabels returns the labels of a thing that belongs to this run's directory.
func (r *run) volumeLabels(extra map[string]string) map[string]string {
	labels := r.labels(extra)
	labels[homeLabel] = r.home
	labels[runsLabel] = r.dir
	return labels
}

// imageLabels returns the labels of an image that is kept of a container, without those of that container: what is made
// from it would look like the run directory's, and it is everybody's.
func imageLabels(r *run, extra map[string]string) map[string]string {
	labels := r.labels(extra)
	for _, own := range []string{homeLabel, runsLabel, selfLabel} {
		labels[own] = "" // an engine adds the container's own where there is none
	}
	return labels
}

// labels returns the labels of a thing that outlives the run. The caller's own never replace them.
func (r *run) labels(extra map[string]string) map[string]string {
	labels := make(map[string]string, len(extra)+5)
	maps.Copy(labels, extra)
	labels[Label] = "1"
	labels[RunLabel] = r.id
	return labels
}

// ownsItself tells a container that a run of this home made from one that inherited its labels.
func ownsItself(names []string, labels map[string]string, home string) bool {
	self := labels[selfLabel]
	return self != "" && labels[homeLabel] == home && labels[RunLabel] != "" && slices.Contains(names, "/"+self)
}

var unfitForName = regexp.MustCompile(`[^a-z0-9]+`)

// containerName makes a name that an engine accepts out of a run id, a number and any text.
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

// labelInstructions renders labels as LABEL instructions, in order of their keys, for the engine calls that take
// nothing else. Values may hold anything but control characters, which an instruction cannot carry.
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
