// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// longestReadable is the length in bytes up to which an entry's Inputs contain a string input
// itself; a longer one is replaced by its digest.
const longestReadable = 256

// KeyBuilder collects the inputs of one run of a stage. Every input has a name, which must be
// unique within the key; the order in which they are given does not matter. The first error (an
// unreadable file, a duplicate name) is kept, and reported by Err, by Cache.DoKey, and by an
// empty Sum.
type KeyBuilder struct {
	stage  string
	inputs map[string]input
	onWait func(holder string)
	err    error
}

// input is one input: kind distinguishes a string from bytes that are given by their sum, framed is
// hashed, readable is shown to people.
type input struct {
	kind, framed, readable string
}

// NewKey starts the key of a stage.
func NewKey(stage string) *KeyBuilder {
	k := &KeyBuilder{stage: stage, inputs: map[string]input{}}
	if !validName(stage) {
		k.err = &NameError{What: "stage", Name: stage}
	}
	return k
}

// OnWait sets the function that DoKey calls when it starts to wait for another process that makes
// the same entry: holder as in Lock.
func (k *KeyBuilder) OnWait(told func(holder string)) *KeyBuilder {
	k.onWait = told
	return k
}

// String adds a value, such as a flag, a version or an image ID.
func (k *KeyBuilder) String(name, value string) *KeyBuilder {
	readable := value
	if len(value) > longestReadable || !utf8.ValidString(value) {
		readable = sumOf([]byte(value))
	}
	return k.add(name, input{"string", value, readable})
}

// Bytes adds data by its digest.
func (k *KeyBuilder) Bytes(name string, data []byte) *KeyBuilder {
	sum := sumOf(data)
	return k.add(name, input{"bytes", sum, sum})
}

// Err returns the first mistake: an *InputError or a *NameError.
func (k *KeyBuilder) Err() error { return k.err }

// Sum returns the key, 64 hexadecimal digits; it is empty if Err is not nil.
func (k *KeyBuilder) Sum() string {
	if k.err != nil {
		return ""
	}
	h := sha256.New()
	frame(h, "verbsmith stage key 1")
	frame(h, k.stage)
	for _, name := range slices.Sorted(maps.Keys(k.inputs)) {
		in := k.inputs[name]
		frame(h, in.kind)
		frame(h, name)
		frame(h, in.framed)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Inputs returns each input's name with its value, or with "sha256:..." if the value is long or
// a file's content.
func (k *KeyBuilder) Inputs() map[string]string {
	readable := make(map[string]string, len(k.inputs))
	for name, in := range k.inputs {
		readable[name] = in.readable
	}
	return readable
}

func (k *KeyBuilder) add(name string, in input) *KeyBuilder {
	switch _, twice := k.inputs[name]; {
	case twice:
		return k.Fail(name, errors.New("given twice"))
	case name == "" || !utf8.ValidString(name):
		return k.Fail(name, errors.New("want a non-empty name in UTF-8"))
	}
	k.inputs[name] = in
	return k
}

// Fail records an error of the input name, unless the key already has one.
func (k *KeyBuilder) Fail(name string, err error) *KeyBuilder {
	if k.err == nil {
		k.err = &InputError{Input: name, Err: err}
	}
	return k
}

// frame writes s after its length, so that different lists of strings are framed differently.
func frame(h hash.Hash, s string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(s)))
	h.Write(length[:])
	io.WriteString(h, s) //nolint:errcheck // as above
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
