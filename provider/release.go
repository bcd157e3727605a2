// SPDX-License-Identifier: Apache-2.0

package provider

import "fmt"

// Inspect reads from an rdma-core tree what Integrate also reports of it, and
// changes nothing: the result has the release's private ABI and no edits.
//
// Errors: *PlaceError where the tree does not say.
func Inspect(t Tree) (*Result, error) {
	data, err := t.ReadFile(TopCMake)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", TopCMake, err)
	}
	abi, err := PrivateABI(data)
	if err != nil {
		return nil, err
	}
	return &Result{PrivateABI: abi}, nil
}

// PrivateABI reads IBVERBS_PABI_VERSION from a release's top CMakeLists.txt.
//
// Errors: *PlaceError where it does not say.
func PrivateABI(topCMake []byte) (int, error) { return privateABI(TopCMake, topCMake) }
