// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"
	"unicode"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// mostChangelog bounds what is read of a changelog, in bytes: that of rdma-core has 20 kB after ten years.
const mostChangelog = 4 << 20

// errUnevenChangelog is a header whose lists of a changelog do not belong together.
var errUnevenChangelog = errors.New("the header's changelog has another number of dates than of authors and texts")

// Changelog is the text of a package's newest changes, at most that many, as rpm -q --changelog and Debian write them: of an RPM, or of the
// .debian.tar of a source package. It is "" if the package has none. Control characters are left out, because people look at it.
//
// Errors: of the file. A Debian source package whose .debian.tar has no debian/changelog is damaged.
func Changelog(file string, most int) (string, error) {
	read := rpmChanges
	if !strings.HasSuffix(file, ".rpm") {
		read = debianChanges
	}
	text, err := read(file, most)
	if err != nil {
		return "", fmt.Errorf("read the changelog of %s: %w", file, err)
	}
	return printable(text), nil
}

// HasChangelog says whether a package is one whose changelog [Changelog] reads.
func HasChangelog(file string) bool {
	return strings.HasSuffix(file, ".rpm") || strings.Contains(path.Base(file), ".debian.tar.")
}

func rpmChanges(file string, most int) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	header, err := unpack.ReadRPMHeader(f)
	if err != nil {
		return "", err
	}
	if !header.HasTag(rpmutils.CHANGELOGTIME) {
		return "", nil
	}
	times, err := header.GetUint32s(rpmutils.CHANGELOGTIME)
	if err != nil {
		return "", err
	}
	authors, err := header.GetStrings(rpmutils.CHANGELOGNAME)
	if err != nil {
		return "", err
	}
	texts, err := header.GetStrings(rpmutils.CHANGELOGTEXT)
	if err != nil {
		return "", err
	}
	if len(times) != len(authors) || len(times) != len(texts) {
		return "", errUnevenChangelog
	}
	entries := make([]string, 0, most)
	for i := range times[:min(most, len(times))] {
		day := time.Unix(int64(times[i]), 0).UTC().Format("Mon Jan 02 2006")
		entries = append(entries, fmt.Sprintf("* %s %s\n%s\n", day, authors[i], strings.TrimRight(texts[i], "\n")))
	}
	return strings.Join(entries, "\n"), nil
}

func debianChanges(file string, most int) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	plain, err := uncompressed(f)
	if err != nil {
		return "", err
	}
	for archive := tar.NewReader(io.LimitReader(plain, mostTar)); ; {
		h, err := archive.Next()
		if err != nil {
			return "", fmt.Errorf("look for debian/changelog: %w", noEOF(err))
		}
		if path.Clean(h.Name) == "debian/changelog" {
			return debianEntries(io.LimitReader(archive, mostChangelog), most)
		}
	}
}

// debianEntries reads the first entries of a debian/changelog. An entry begins at the margin, where no other of its lines does.
func debianEntries(r io.Reader, most int) (string, error) {
	var out strings.Builder
	lines := bufio.NewScanner(r)
	for entries := 0; lines.Scan(); {
		line := lines.Text()
		if line != "" && !unicode.IsSpace(rune(line[0])) {
			if entries++; entries > most {
				break
			}
		}
		out.WriteString(line + "\n")
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("read debian/changelog: %w", err)
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}

// mostTar bounds what is read of a compressed archive, in bytes.
const mostTar = 1 << 30

// uncompressed reads a stream that may be compressed.
func uncompressed(r io.Reader) (io.Reader, error) {
	const head = 8
	buffered := bufio.NewReader(r)
	first, err := buffered.Peek(head)
	if err != nil {
		return nil, noEOF(err)
	}
	_, plain, err := unpack.Uncompressed(first, buffered)
	return plain, err
}

// noEOF is an error for a stream that ends too early.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// printable leaves out what is no text.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, text)
}
