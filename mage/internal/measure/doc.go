// SPDX-License-Identifier: Apache-2.0

// Package measure times verbsmith against plain builds: which jobs are compared, with which
// limits, how they are run in turn, and the tables, the JSON and the plot of the results.
package measure
