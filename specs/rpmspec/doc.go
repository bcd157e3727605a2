// SPDX-License-Identifier: Apache-2.0

// Package rpmspec edits RPM spec files by their structure: it adds a patch, a verbs
// provider and a changelog entry to rdma-core's spec, whoever wrote that spec.
//
// A spec is read line by line the way rpm's own parser does (build/parseSpec.c): what
// is inside a macro over several lines is not a line of the spec, %if nests, and a
// section begins where a line starts with its name. Nothing is expanded, so both arms
// of a conditional are seen, and every byte that is not edited stays as it was, line
// ends included.
//
// An edit finds its place by that structure. If the place is missing, or there is more
// than one, it fails with a *[PlaceError] and changes nothing. If its lines already
// exist, it adds nothing and succeeds, so each edit can run twice.
//
// Neither %include nor %load is followed: an edit sees what is in the file itself.
package rpmspec
