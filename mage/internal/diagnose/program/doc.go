// SPDX-License-Identifier: Apache-2.0

// Program verbsmith-diagnose is go tool mage diagnose for a machine without
// Go: one static program that a vendor gives to a customer.
package main
