// SPDX-License-Identifier: Apache-2.0

// Package behaviour tests what a user sees of `go tool mage`: scripts in
// testdata run the real targets in a copy of the repository. Those in offline
// need no container engine (build tag behaviour); those in engine build,
// install and break real packages in real containers (build tag integration),
// and fail where no engine answers.
package behaviour
