// SPDX-License-Identifier: Apache-2.0

// Package probe has the stage that reads facts about a distro's image, and compares them with what is known of the real one.
package probe
