// SPDX-License-Identifier: Apache-2.0

// Package stagetest stands in for the container engine under the stages: it records
// what they ask of it and runs nothing.
package stagetest
