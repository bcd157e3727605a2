// SPDX-License-Identifier: Apache-2.0

// Package publish makes of collected packages a directory for a web server, signed, with repositories for dnf and apt, and checks such
// a directory as a customer would.
package publish
