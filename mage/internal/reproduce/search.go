// SPDX-License-Identifier: Apache-2.0

package reproduce

import (
	"context"
	"path"
	"slices"
	"strings"
)

// Cause is why packages differ.
type Cause struct {
	Name     string   // of a variation, or what differs in each build
	Title    string   // of a variation
	Packages []string // that differ for it, or parts of them
}

// Builder builds once with variations.
type Builder func(ctx context.Context, with []Variation) (Sums, error)

// Where names the packages and their parts, each package once.
func (c Cause) Where() []string {
	list, last := make([]string, 0, len(c.Packages)), ""
	for _, name := range c.Packages {
		whole, part, ok := strings.Cut(name, between)
		if ok && whole == last {
			list = append(list, part)
			continue
		}
		last = whole
		list = append(list, path.Base(whole)+strings.TrimPrefix(name, whole))
	}
	return list
}

// Outcome is what builds with variations gave.
type Outcome struct {
	Packages int      // of one build
	Differ   []string // of them and of their parts, for whatever cause
	Causes   []Cause
	Builds   int
}

// Differing are the packages that differ.
func (o Outcome) Differing() []string {
	names := make([]string, 0, len(o.Differ))
	for _, name := range o.Differ {
		name, _, _ = strings.Cut(name, between)
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unknownCause is what no build explains.
const unknownCause = "something that differs in each build, such as random numbers"

// Search builds once without variations and once with all that are wanted, or alone too, and looks for the cause if packages differ:
// first for what differs without any variation, then for each variation that makes a difference.
//
// Errors: that of a build.
func Search(ctx context.Context, wanted []Variation, each bool, build Builder) (Outcome, error) {
	s := search{build: build}
	out, err := s.search(ctx, wanted, each)
	out.Builds = s.builds
	return out, err
}

type search struct {
	build  Builder
	builds int
	plain  Sums // the first build
}

func (s *search) run(ctx context.Context, with ...Variation) (Sums, error) {
	s.builds++
	return s.build(ctx, with)
}

func (s *search) search(ctx context.Context, wanted []Variation, each bool) (out Outcome, err error) {
	if s.plain, err = s.run(ctx); err != nil {
		return out, err
	}
	out.Packages = s.plain.packages()
	if !each {
		varied, err := s.run(ctx, wanted...)
		if err != nil {
			return out, err
		}
		if out.Differ = s.plain.Differ(varied); len(out.Differ) == 0 {
			return out, nil
		}
	}
	unstable, err := s.unstable(ctx, each, &out)
	if err != nil {
		return out, err
	}
	if err := s.alone(ctx, wanted, unstable, &out); err != nil {
		return out, err
	}
	return explained(out), nil
}

// unstable finds the packages that differ without any variation, and what has to be held still for them not to.
func (s *search) unstable(ctx context.Context, each bool, out *Outcome) ([]string, error) {
	again, err := s.run(ctx)
	if err != nil {
		return nil, err
	}
	differ := s.plain.Differ(again)
	if len(differ) == 0 {
		return nil, nil
	}
	if each {
		out.Differ = differ
	}
	mended, err := s.held(ctx, pins(), differ)
	if err != nil {
		return nil, err
	}
	// What differs in some builds only can be the same twice by chance.
	doubtful := pinsOfSeveral(mended)
	sure, err := s.held(ctx, doubtful, differ)
	if err != nil {
		return nil, err
	}
	left := differ
	for _, pin := range pins() {
		names := mended[pin.Name]
		if again, asked := sure[pin.Name]; asked {
			names = without(names, without(names, again))
		}
		if len(names) > 0 {
			out.Causes = append(out.Causes, Cause{Name: pin.Name, Packages: names})
		}
		left = without(left, names)
	}
	if len(left) > 0 {
		out.Causes = append(out.Causes, Cause{Name: unknownCause, Packages: left})
	}
	return differ, nil
}

// held builds twice with each of the pins: what of the differing packages is the same then.
func (s *search) held(ctx context.Context, all []Variation, differ []string) (map[string][]string, error) {
	same := map[string][]string{}
	for _, pin := range all {
		first, err := s.run(ctx, pin)
		if err != nil {
			return nil, err
		}
		second, err := s.run(ctx, pin)
		if err != nil {
			return nil, err
		}
		same[pin.Name] = without(differ, first.Differ(second))
	}
	return same, nil
}

// pinsOfSeveral are the pins that mend what another one mends too.
func pinsOfSeveral(mended map[string][]string) []Variation {
	count := map[string]int{}
	for _, names := range mended {
		for _, name := range names {
			count[name]++
		}
	}
	return slices.DeleteFunc(pins(), func(pin Variation) bool {
		return !slices.ContainsFunc(mended[pin.Name], func(name string) bool { return count[name] > 1 })
	})
}

// without is a list without some of its names.
func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(some, name) })
}

// alone builds with each variation alone.
func (s *search) alone(ctx context.Context, wanted []Variation, unstable []string, out *Outcome) error {
	for _, v := range wanted {
		varied, err := s.run(ctx, v)
		if err != nil {
			return err
		}
		differ := without(s.plain.Differ(varied), unstable)
		if len(differ) > 0 {
			out.Causes = append(out.Causes, Cause{Name: v.Name, Title: v.Title, Packages: differ})
			out.Differ = append(out.Differ, differ...)
		}
	}
	slices.Sort(out.Differ)
	out.Differ = slices.Compact(out.Differ)
	return nil
}

// explained adds what differs only where several variations come together.
func explained(o Outcome) Outcome {
	left := slices.DeleteFunc(slices.Clone(o.Differ), func(name string) bool {
		return slices.ContainsFunc(o.Causes, func(c Cause) bool { return slices.Contains(c.Packages, name) })
	})
	if len(left) > 0 {
		o.Causes = append(o.Causes, Cause{Name: "several of the variations together", Packages: left})
	}
	return o
}
