// SPDX-License-Identifier: Apache-2.0

// Package strictyaml decodes the data files of this project strictly and reports
// every mistake in a file at once, each as "file:line:column: path: want X, got Y".
//
// The Go struct is the only description of a file. Its fields carry two kinds of
// tags: `yaml:"name"` names the key (",omitempty" makes it optional), and
// `jsonschema:"..."` with `jsonschema_description:"..."` says what the value may be.
// From them a JSON schema is generated, and that schema is what validates; nothing
// is checked in two places. A description doubles as the "want" of a mistake, so it
// is written as a noun phrase: "the SHA-256 of the file, 64 lower-case hex digits".
//
// What a schema cannot express (unique names, exactly one default) a type checks by
// implementing [Checker]; its problems are reported in the same form.
//
// Data files may come from outside the project, so the troublesome parts of YAML are
// rejected: anchors, aliases, merge keys, explicit tags, several documents, duplicate
// keys, tabs as indentation, and implicit conversions: a version number must be a quoted
// string.
package strictyaml
