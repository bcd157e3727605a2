// SPDX-License-Identifier: Apache-2.0

// Package ci writes the files of GitHub Actions and of GitLab CI that check, build and prove the provider of a
// repository. It decides what the jobs run; what is asked for comes in as a [Plan], and nothing here looks at a repository
// but [Write].
package ci
