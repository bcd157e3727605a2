// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"fmt"
	"os"
	"sync"

	"github.com/resnics/verbsmith/mage/internal/buildid"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// programDigest identifies this process's executable, by the build id, which the go command makes from its
// content, or else by its digest.
//
//nolint:gochecknoglobals // of the process
var programDigest = sync.OnceValues(func() (string, error) {
	file, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program's file: %w", err)
	}
	if id, err := buildid.Read(file); err == nil {
		return "build id " + id, nil
	}
	return stagecache.SumFile(file)
})

// Program identifies the running program: another one may have other results.
func Program() (string, error) { return programDigest() }

// addProgram adds the digest of this program, because the output of Go code depends on all of
// it.
func addProgram(key *stagecache.KeyBuilder) *stagecache.KeyBuilder {
	digest, err := programDigest()
	if err != nil {
		return key.Fail("program", err)
	}
	return key.String("program", digest)
}
