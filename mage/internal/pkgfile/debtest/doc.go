// SPDX-License-Identifier: Apache-2.0

// Package debtest makes Debian packages for tests.
package debtest
