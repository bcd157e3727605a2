// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"fmt"
)

// Resolve gets the archive of a release: the given source, or else a cached file, the release
// asset or GitHub archive from its URL, or the Debian source package.
//
// Errors: *[RequestError]; *[GivenError], *[VersionError], *[ArchiveError] for a
// given source; *[ResolveError] with every origin's error if all fail; *[SpaceError]; the
// context's error.
func Resolve(ctx context.Context, req Request) (*Archive, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	if req.Source != "" {
		return resolveGiven(ctx, &req)
	}
	r := &resolver{req: &req, cache: newCache(&req)}
	archive, err := r.cached(ctx)
	if archive != nil || err != nil {
		return archive, err
	}
	return r.fetch(ctx)
}

type resolver struct {
	req   *Request
	cache *cache
}

func (r *resolver) archive(o Origin, path, from string) *Archive {
	return &Archive{
		path: path, version: r.req.Version, from: from, name: o.Kind, origin: &o,
		origins: r.req.Origins, sums: r.req.Sums, lim: defaultLimits(),
	}
}

// slot returns the place of an origin's file in the cache, and its expected sum.
func (r *resolver) slot(o Origin) slot {
	probe := &Archive{version: r.req.Version, sums: r.req.Sums}
	s := slot{file: o.File, key: o.SHA256, version: r.req.Version, origin: o.Kind, shown: o.File}
	if o.URL != "" {
		s.shown = o.URL
	}
	if known, ok := probe.known(o); ok {
		s.want = &known
	}
	if s.key == "" {
		s.key = originKey(r.req.Version, o)
	}
	return s
}

func (r *resolver) cached(ctx context.Context) (*Archive, error) {
	for _, o := range r.req.Origins {
		path, ok, err := r.cache.find(ctx, r.slot(o))
		if err != nil {
			return nil, err
		}
		if ok {
			return r.archive(o, path, "cache ("+o.Kind+")"), nil
		}
	}
	return nil, nil //nolint:nilnil // not cached is no error
}

func (r *resolver) fetch(ctx context.Context) (*Archive, error) {
	failed := &ResolveError{Version: r.req.Version}
	for _, o := range r.req.Origins {
		label, from := o.Kind, o.Kind+" ("+o.URL+")"
		fill := newDownloader(r.req, o).fetch
		if o.Kind == KindDebianSource {
			label = o.Kind + " (suite " + o.Suite + ")"
			from, fill = label, r.debian(o)
		}
		path, err := r.cache.obtain(ctx, r.slot(o), fill)
		if err == nil {
			return r.archive(o, path, from), nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return nil, fmt.Errorf("get rdma-core %s: %w", r.req.Version, cause)
		}
		if errors.As(err, new(*SpaceError)) {
			// Another origin would need the same space.
			return nil, err
		}
		r.req.notef(o.Kind, "%s: %v", label, err)
		failed.Tried = append(failed.Tried, Attempt{Origin: label, Err: err})
	}
	return nil, failed
}
