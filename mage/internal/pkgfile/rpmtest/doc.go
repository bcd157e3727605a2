// SPDX-License-Identifier: Apache-2.0

// Package rpmtest makes package files for tests.
package rpmtest
