// SPDX-License-Identifier: Apache-2.0

// Package report has the one vocabulary for results: what was asked, how it ended, the
// evidence for it, and where the details are. A suite of them is a table or JUnit XML.
package report
