// SPDX-License-Identifier: Apache-2.0

// Package pagetest checks pages in tests: their structure, what they refer to, and what a reader sees first.
package pagetest
