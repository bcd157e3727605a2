// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// RPM writes a package with a signature of its header, which has the digest of the payload, and one of both, which
// rpm before 4.14 wants. Nothing but the signature header changes.
//
// Errors: *SignatureError if the package's own digests are wrong, or that of the file system.
func (k *Key) RPM(ctx context.Context, from, to string, when When) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("sign a package: %w", err)
	}
	defer in.Close()
	if _, _, err := rpmutils.Verify(in, nil); err != nil {
		return &SignatureError{File: from, Why: Altered, Err: err}
	}
	start, end, err := headerRange(in)
	if err != nil {
		return fmt.Errorf("sign %s: %w", from, err)
	}
	st, err := in.Stat()
	if err != nil {
		return fmt.Errorf("sign %s: %w", from, err)
	}
	header, err := k.Detach(ctx, io.NewSectionReader(in, start, end-start), when)
	if err != nil {
		return err
	}
	both, err := k.Detach(ctx, io.NewSectionReader(in, start, st.Size()-start), when)
	if err != nil {
		return err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("sign %s: %w", from, err)
	}
	if _, err := rpmutils.RewriteWithSignatures(in, to, both, header); err != nil {
		return fmt.Errorf("sign %s: %w", from, err)
	}
	return nil
}

// headerRange is where a package's header is, in bytes.
func headerRange(in io.ReadSeeker) (start, end int64, err error) {
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return 0, 0, err
	}
	header, err := unpack.ReadRPMHeader(in)
	if err != nil {
		return 0, 0, err
	}
	of := header.GetRange()
	return int64(of.Start), int64(of.End), nil
}

// RPM checks a package's digests and its signature. name is what errors call it.
//
// Errors: *SignatureError.
func (r *Ring) RPM(name, file string) error {
	in, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("check a package: %w", err)
	}
	defer in.Close()
	_, err = unpack.ReadRPMHeader(in) // which refuses what the library would read beyond its end
	if err == nil {
		_, err = in.Seek(0, io.SeekStart)
	}
	if err != nil {
		return &SignatureError{File: name, Why: Damaged, Err: err}
	}
	header, sigs, err := rpmutils.Verify(in, r.list())
	if _, unknown := errors.AsType[rpmutils.KeyNotFoundError](err); unknown {
		return &SignatureError{File: name, Why: OtherKey, Err: err}
	}
	if _, ok := errors.AsType[pgperrors.SignatureError](err); ok {
		return &SignatureError{File: name, Why: Altered, Err: err}
	}
	if err != nil {
		return &SignatureError{File: name, Why: Damaged, Err: err}
	}
	for _, sig := range sigs {
		// The header's signature covers the payload by its digest, which old packages do not have.
		if sig.HeaderOnly == header.HasTag(rpmutils.PAYLOADDIGEST) {
			return r.valid(name)
		}
	}
	return &SignatureError{File: name, Why: Missing}
}

// Damaged is a package whose own digests do not hold.
const Damaged Why = "its bytes are not those that its header has digests of"
