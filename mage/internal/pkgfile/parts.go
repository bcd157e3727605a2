// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"fmt"
	"os"
	"slices"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// Tags of headers that have a name in Parts.
const (
	cookieTag   = 1094
	optFlagsTag = 1122
	platformTag = 1132
)

// ofFiles are the tags of lists with an entry for each file, and of sums over the whole: the parts about files say the same.
func ofFiles() []int {
	const sha1Payload, altPayload = 5092, 5097
	return []int{
		rpmutils.SIZE, rpmutils.FILESIZES, rpmutils.FILEMODES, rpmutils.FILERDEVS, rpmutils.FILEMTIMES, rpmutils.FILEDIGESTS,
		rpmutils.FILELINKTOS, rpmutils.FILEUSERNAME, rpmutils.FILEGROUPNAME, rpmutils.ARCHIVESIZE, rpmutils.FILEDEVICES,
		rpmutils.FILEINODES, rpmutils.LONGFILESIZES, rpmutils.LONGSIZE, sha1Payload, altPayload,
	}
}

// tagName is what a header's field is called.
func tagName(tag int) string {
	names := map[int]string{
		rpmutils.BUILDTIME: "build time", rpmutils.BUILDHOST: "build host", cookieTag: "cookie", optFlagsTag: "compiler flags",
		platformTag: "platform", rpmutils.SOURCERPM: "source package", rpmutils.PROVIDENAME: "provides", rpmutils.REQUIRENAME: "requires",
		rpmutils.CHANGELOGTIME: "changelog", rpmutils.CHANGELOGTEXT: "changelog", rpmutils.BASENAMES: "names of files",
		rpmutils.RPMVERSION: "rpm's version",
	}
	if name := names[tag]; name != "" {
		return "header: " + name
	}
	return fmt.Sprintf("header: tag %d", tag)
}

// Parts are the fields of an RPM's header and its files, each with a text that differs if they do.
func Parts(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	header, err := unpack.ReadRPMHeader(f)
	if err != nil {
		return nil, fmt.Errorf("read package %s: %w", path, err)
	}
	// The tags below are of the signature: sums of the rest, as is the id of the source package.
	const first, last, sourceID = 1000, 5200, 1146
	parts, skipped := map[string]string{}, ofFiles()
	for tag := first; tag < last; tag++ {
		if tag == sourceID || slices.Contains(skipped, tag) || !header.HasTag(tag) {
			continue
		}
		value, err := header.Get(tag)
		if err != nil {
			return nil, fmt.Errorf("read package %s: tag %d: %w", path, tag, err)
		}
		parts[tagName(tag)] += fmt.Sprintf("%d %v\n", tag, value)
	}
	if !header.HasTag(rpmutils.BASENAMES) {
		return parts, nil
	}
	files, err := header.GetFiles()
	if err != nil {
		return nil, fmt.Errorf("read package %s: %w", path, err)
	}
	for _, file := range files {
		name := file.Name()
		parts[name] = fmt.Sprintf("%s %d %s", file.Digest(), file.Size(), file.Linkname())
		parts["mode of "+name] = fmt.Sprintf("%o", file.Mode())
		parts["owner of "+name] = file.UserName() + ":" + file.GroupName()
		parts["time of "+name] = fmt.Sprint(file.Mtime())
	}
	return parts, nil
}
