// SPDX-License-Identifier: Apache-2.0

// Package stagetest is a fake container engine for tests of stages: it records their calls and
// runs nothing.
package stagetest
