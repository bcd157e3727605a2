// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/signing/signingtest"
)

func made(t *testing.T, bits int, passphrase string, at time.Time) string {
	t.Helper()
	return signingtest.Write(t, signingtest.Key{Bits: bits, Passphrase: passphrase, Made: at})
}

func opened(t *testing.T, file string) *Key {
	t.Helper()
	key, err := Open(context.Background(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ringOf(t *testing.T, k *Key, at time.Time) *Ring {
	t.Helper()
	public, err := k.Public()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := ReadRing("key.asc", public, at)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestSignatures(t *testing.T) {
	born := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	key, other := opened(t, made(t, 2048, "", born)), opened(t, made(t, 2048, "", born))
	ctx, text := context.Background(), []byte("one\n- two  \n\nthree\n")
	day := 24 * time.Hour
	when := When{Time: born.Add(day), Valid: 10 * day}
	sig, err := key.Detach(ctx, bytes.NewReader(text), when)
	if err != nil {
		t.Fatal(err)
	}
	again, err := key.Detach(ctx, bytes.NewReader(text), when)
	if err != nil || !bytes.Equal(sig, again) {
		t.Errorf("the second signature differs: %v", err)
	}
	ring := ringOf(t, key, born.Add(2*day))
	for name, c := range map[string]struct {
		ring *Ring
		text string
		sig  []byte
		want Why
	}{
		"good":       {ring, string(text), sig, ""},
		"other text": {ring, "one\n", sig, Altered},
		"other key":  {ringOf(t, other, born.Add(2*day)), string(text), sig, OtherKey},
		"none":       {ring, string(text), nil, Missing},
		"cut":        {ring, string(text), sig[:20], Unreadable},
		"expired":    {ringOf(t, key, born.Add(12*day)), string(text), sig, OutOfDate},
	} {
		err := c.ring.Detached("file", bytes.NewReader([]byte(c.text)), c.sig)
		got, _ := errors.AsType[*SignatureError](err)
		if c.want == "" && err != nil || c.want != "" && (got == nil || got.Why != c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
	}
	old := ringOf(t, key, born.Add(12*day))
	old.IgnoreExpiry()
	if err := old.Detached("file", bytes.NewReader(text), sig); err != nil {
		t.Errorf("an expired signature, where that is no matter: %v", err)
	}

	signed, err := key.Clear(ctx, text, when)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Clear("file", signed); err != nil || string(got) != "one\n- two\n\nthree" {
		t.Errorf("cleartext: got %q, %v", got, err)
	}
	if _, err := ring.Clear("file", bytes.Replace(signed, []byte("three"), []byte("four"), 1)); err == nil {
		t.Error("a changed cleartext passed")
	}
}

// TestGPG compares with gpg itself, which also has a key of its own.
func TestGPG(t *testing.T) {
	if _, err := exec.LookPath(gpgProgram); err != nil {
		t.Skip("gpg is not installed")
	}
	home := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GNUPGHOME", home)
	t.Cleanup(func() { _ = exec.CommandContext(context.Background(), "gpgconf", "--kill", "all").Run() })
	born := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	file := made(t, 2048, "", born)
	gpg := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), gpgProgram, append([]string{"--batch"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("gpg %v: %v\n%s", args, err, out)
		}
	}
	gpg("--import", file)
	ctx, text := context.Background(), []byte("Origin: rib\n- x\n")
	mine := opened(t, file)
	theirs, err := Open(ctx, GPGPrefix+"packages@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	if mine.Fingerprint() != theirs.Fingerprint() {
		t.Errorf("want the same key, got %s and %s", mine.Fingerprint(), theirs.Fingerprint())
	}
	when := When{Time: time.Now(), Valid: time.Hour}
	for name, sign := range map[string]func(k *Key) ([]byte, error){
		"detached":  func(k *Key) ([]byte, error) { return k.Armored(ctx, bytes.NewReader(text), when) },
		"cleartext": func(k *Key) ([]byte, error) { return k.Clear(ctx, text, when) },
		"raw":       func(k *Key) ([]byte, error) { return k.Sign(ctx, text) },
	} {
		a, errA := sign(mine)
		b, errB := sign(theirs)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: the file's key and gpg's differ: %v, %v", name, errA, errB)
		}
		sig, data := filepath.Join(home, "sig.asc"), filepath.Join(home, "data")
		if err := errors.Join(os.WriteFile(sig, a, 0o600), os.WriteFile(data, text, 0o600)); err != nil {
			t.Fatal(err)
		}
		switch name {
		case "detached":
			gpg("--verify", sig, data)
		case "cleartext":
			gpg("--verify", sig)
		}
	}
}

func TestUnusableKeys(t *testing.T) {
	born := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	ctx := context.Background()
	locked := made(t, 2048, "secret", born)
	given := func(text string) func() ([]byte, error) { return func() ([]byte, error) { return []byte(text), nil } }
	if _, err := Open(ctx, locked, given("secret")); err != nil {
		t.Errorf("the right passphrase: %v", err)
	}
	if _, err := Open(ctx, locked, given("wrong")); !errors.Is(err, errPassphrase) {
		t.Errorf("a wrong passphrase: got %v", err)
	}
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("no key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{made(t, 1024, "", born), garbage, filepath.Join(t.TempDir(), "missing")} {
		if _, err := Open(ctx, file, nil); err == nil {
			t.Errorf("%s was taken", file)
		} else if _, ok := errors.AsType[*KeyError](err); !ok {
			t.Errorf("want a *KeyError, got %v", err)
		}
	}
}

func TestRSASignature(t *testing.T) {
	got, err := rsaSignature([]byte("D (7:sig-val(3:rsa(1:s4:a%25%0Ab)))\nOK\n"))
	if err != nil || string(got) != "a%\nb" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, answer := range []string{"", "OK\n", "ERR 67108949 No secret key\n", "D (7:sig-val(3:rsa(1:s400:ab)))\n", "D (7:sig-val(3:ecc))\n"} {
		if _, err := rsaSignature([]byte(answer)); err == nil {
			t.Errorf("%q was taken", answer)
		}
	}
}
