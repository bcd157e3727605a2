// SPDX-License-Identifier: Apache-2.0

package ci

import "go.yaml.in/yaml/v3"

// action is one of GitHub's, pinned to the commit that a tag of its repository has.
type action struct{ name, commit, tag string }

// The actions. A commit is that of the tag in the action's repository (git ls-remote --tags), never a number from elsewhere.
func checkout() action {
	return action{"actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"}
}

func setupGo() action {
	return action{"actions/setup-go", "b7ad1dad31e06c5925ef5d2fc7ad053ef454303e", "v7.0.0"}
}

func cache() action {
	return action{"actions/cache", "27d5ce7f107fe9357f9df03efb73ab90386fccae", "v5.0.5"}
}

func upload() action {
	return action{"actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"}
}

// MarshalYAML implements yaml.Marshaler: the commit, with the tag as a comment.
func (a action) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: a.name + "@" + a.commit, LineComment: a.tag}, nil
}

// IsZero implements yaml.IsZeroer.
func (a action) IsZero() bool { return a.name == "" }
