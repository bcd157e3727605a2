// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/resnics/verbsmith/mage/internal/owned"
)

// mostKey bounds a file with keys, in bytes.
const mostKey = 1 << 20

var errPassphrase = errors.New("the passphrase does not open the key")

// fileKey signs with a private key in memory.
type fileKey struct{ entity *openpgp.Entity }

// openFile reads a file with one private key.
func openFile(name string, passphrase func() ([]byte, error)) (*Key, error) {
	data, err := owned.ReadFile(name, mostKey)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &KeyError{name, "a file with a private key, or " + GPGPrefix + "NAME for one that gpg has", "no such file"}
	}
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	all, err := readKeys(data)
	if err != nil {
		return nil, &KeyError{name, "an OpenPGP key", err.Error()}
	}
	if len(all) != 1 {
		return nil, &KeyError{name, "one key", fmt.Sprintf("%d", len(all))}
	}
	entity := all[0]
	private := entity.PrivateKey
	if private == nil || private.Dummy() {
		return nil, &KeyError{name, "a private key", "a public one"}
	}
	if private.Encrypted {
		secret, err := passphrase()
		if err != nil {
			return nil, fmt.Errorf("the passphrase of %s: %w", name, err)
		}
		if err := entity.DecryptPrivateKeys(secret); err != nil {
			return nil, fmt.Errorf("%s: %w", name, errPassphrase)
		}
	}
	return &Key{entity: entity, signer: fileKey{entity}}, nil
}

// readKeys reads keys, armored or not.
func readKeys(data []byte) (openpgp.EntityList, error) {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN ")) {
		return openpgp.ReadArmoredKeyRing(bytes.NewReader(data)) //nolint:wrapcheck // the callers name the file
	}
	return openpgp.ReadKeyRing(bytes.NewReader(data)) //nolint:wrapcheck // the callers name the file
}

var errNotRSA = errors.New("the key is not RSA's")

func (k fileKey) raw(_ context.Context, digest []byte) ([]byte, error) {
	key, ok := k.entity.PrivateKey.PrivateKey.(*rsa.PrivateKey)
	if !ok {
		return nil, errNotRSA
	}
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return sig, nil
}
