// SPDX-License-Identifier: Apache-2.0

// Package strictyaml decodes the data files of this project strictly and reports
// every mistake in a file at once, each with file, line, column, path, what was
// wanted and what was found.
//
// The Go struct is the only description of a file. Its fields carry two kinds of
// tags: `yaml:"name"` names the key (",omitempty" makes it optional), and
// `jsonschema:"..."` with `jsonschema_description:"..."` says what the value may be.
// From them a JSON schema is generated, and that schema is what validates; nothing
// is checked in two places. A description doubles as the "want" of a mistake, so it
// is written as a noun phrase: "the SHA-256 of the file, 64 lower-case hex digits".
//
// What a schema cannot say (names that must be unique, one default among many) a
// type says by implementing [Checker]; its problems come out in the same form.
//
// Data files may come from outside the project, so the parts of YAML that only make
// trouble are refused: anchors, aliases, merge keys, explicit tags, several documents,
// duplicate keys, tabs as indentation, and anything that would be converted behind the
// reader's back: a version number must be a quoted string.
package strictyaml
