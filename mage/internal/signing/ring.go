// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Ring is a public key that signatures are checked with, at a time.
type Ring struct {
	entity *openpgp.Entity
	at     time.Time
	old    bool // signatures and keys that have expired hold too
}

// IgnoreExpiry lets signatures and keys hold that have expired.
func (r *Ring) IgnoreExpiry() { r.old = true }

// Why says why a signature is refused.
type Why string

// The reasons.
const (
	Missing    Why = "it has no signature"
	OtherKey   Why = "it is signed with another key"
	Altered    Why = "its signature is of other bytes"
	OutOfDate  Why = "its signature has expired"
	KeyOld     Why = "the key has expired"
	KeyRevoked Why = "the key was revoked"
	Unreadable Why = "its signature cannot be read"
)

// SignatureError is a signature that does not hold.
type SignatureError struct {
	File string
	Why  Why
	Err  error // what the check said, or nil
}

// Error names the file and the reason.
func (e *SignatureError) Error() string { return e.File + ": " + string(e.Why) }

// Unwrap returns what the check said.
func (e *SignatureError) Unwrap() error { return e.Err }

// ReadRing reads a file's one public key. at is when signatures are checked.
//
// Errors: *KeyError.
func ReadRing(name string, data []byte, at time.Time) (*Ring, error) {
	all, err := readKeys(data)
	if err != nil {
		return nil, &KeyError{name, "a public OpenPGP key", err.Error()}
	}
	if len(all) != 1 {
		return nil, &KeyError{name, "one key", fmt.Sprintf("%d", len(all))}
	}
	return &Ring{entity: all[0], at: at}, nil
}

// Fingerprint is that of the key.
func (r *Ring) Fingerprint() string { return Fingerprint(r.entity) }

// Time is when signatures are checked.
func (r *Ring) Time() time.Time { return r.at }

// Is says whether the key has that fingerprint, which may have spaces in it.
func (r *Ring) Is(fingerprint string) bool {
	return strings.EqualFold(strings.ReplaceAll(fingerprint, " ", ""), r.Fingerprint())
}

// Verify implements dsse.Verifier: it checks what Key.Sign makes.
func (r *Ring) Verify(_ context.Context, data, sig []byte) error {
	key, ok := r.entity.PrimaryKey.PublicKey.(*rsa.PublicKey)
	if !ok {
		return errNotRSA
	}
	sum := sha256.Sum256(data)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) //nolint:wrapcheck // of the caller
}

// KeyID implements dsse.Verifier.
func (r *Ring) KeyID() (string, error) { return keyID(r.entity) }

// Public implements dsse.Verifier.
func (r *Ring) Public() crypto.PublicKey { return r.entity.PrimaryKey.PublicKey }

// Detached checks a signature, armored or not, of what data has. name is that of the signed file.
//
// Errors: *SignatureError.
func (r *Ring) Detached(name string, data io.Reader, sig []byte) error {
	if len(sig) == 0 {
		return &SignatureError{File: name, Why: Missing}
	}
	check := openpgp.CheckDetachedSignature
	if bytes.HasPrefix(sig, []byte("-----BEGIN ")) {
		check = openpgp.CheckArmoredDetachedSignature
	}
	_, err := check(r.list(), data, bytes.NewReader(sig), r.config())
	return r.refused(name, err)
}

// Clear checks text with a signature around it, and returns the text.
//
// Errors: *SignatureError.
func (r *Ring) Clear(name string, text []byte) ([]byte, error) {
	block, rest := clearsign.Decode(text)
	if block == nil {
		return nil, &SignatureError{File: name, Why: Missing}
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, &SignatureError{File: name, Why: Unreadable}
	}
	_, err := block.VerifySignature(r.list(), r.config())
	return block.Plaintext, r.refused(name, err)
}

func (r *Ring) list() openpgp.EntityList { return openpgp.EntityList{r.entity} }

func (r *Ring) config() *packet.Config { return &packet.Config{Time: func() time.Time { return r.at }} }

// refused says why a signature does not hold.
func (r *Ring) refused(name string, err error) error {
	if err == nil || r.old && (errors.Is(err, pgperrors.ErrSignatureExpired) || errors.Is(err, pgperrors.ErrKeyExpired)) {
		return r.valid(name)
	}
	why := Unreadable
	var broken pgperrors.SignatureError
	switch {
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		why = OtherKey
	case errors.Is(err, pgperrors.ErrSignatureExpired):
		why = OutOfDate
	case errors.Is(err, pgperrors.ErrKeyExpired):
		why = KeyOld
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		why = KeyRevoked
	case errors.As(err, &broken):
		why = Altered
	}
	return &SignatureError{File: name, Why: why, Err: err}
}

// valid refuses a key that holds no longer. A signature from before the key expired is refused too, as dnf and apt do.
func (r *Ring) valid(name string) error {
	switch {
	case r.entity.Revoked(r.at):
		return &SignatureError{File: name, Why: KeyRevoked}
	case !r.old && expired(r.entity, r.at):
		return &SignatureError{File: name, Why: KeyOld}
	}
	return nil
}
