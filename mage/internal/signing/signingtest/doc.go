// SPDX-License-Identifier: Apache-2.0

// Package signingtest makes OpenPGP keys for tests.
package signingtest
