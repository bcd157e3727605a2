// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/tail"
)

const (
	gpgProgram   = "gpg"
	agentProgram = "gpg-connect-agent"
)

// ProgramError is a program of GnuPG that failed.
type ProgramError struct {
	Program string
	Err     error
	Last    []string // lines of what it said
}

// Error names the program and its last line.
func (e *ProgramError) Error() string {
	if errors.Is(e.Err, exec.ErrNotFound) {
		return e.Program + " is not installed"
	}
	return fmt.Sprintf("%s: %v: %s", e.Program, e.Err, strings.Join(e.Last, "; "))
}

// Unwrap returns the error of the process.
func (e *ProgramError) Unwrap() error { return e.Err }

// Tail returns the last lines of output, for the error display.
func (e *ProgramError) Tail() []string { return e.Last }

// gpgKey signs with the agent of gpg, which has the private key or asks the card that has it.
type gpgKey struct{ fingerprint string }

// openGPG finds a key of gpg.
func openGPG(ctx context.Context, name, id string) (*Key, error) {
	var out bytes.Buffer
	if err := run(ctx, &out, nil, gpgProgram, "--batch", "--export", "--export-options", "export-minimal", "--", id); err != nil {
		return nil, err
	}
	all, err := readKeys(out.Bytes())
	if err != nil || len(all) != 1 {
		return nil, &KeyError{name, "one key of gpg", strconv.Itoa(len(all)) + " of that name"}
	}
	return &Key{entity: all[0], signer: gpgKey{Fingerprint(all[0])}}, nil
}

// raw asks the agent, because gpg itself makes OpenPGP's signatures only.
func (k gpgKey) raw(ctx context.Context, digest []byte) ([]byte, error) {
	grip, err := k.grip(ctx)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	script := "SIGKEY " + grip + "\nSETHASH --hash=sha256 " + hex.EncodeToString(digest) + "\nPKSIGN\n/bye\n"
	if err := run(ctx, &out, strings.NewReader(script), agentProgram); err != nil {
		return nil, err
	}
	return rsaSignature(out.Bytes())
}

// grip is the agent's name of the primary key.
func (k gpgKey) grip(ctx context.Context) (string, error) {
	var out bytes.Buffer
	if err := run(ctx, &out, nil, gpgProgram, "--batch", "--with-colons", "--with-keygrip", "--list-keys", k.fingerprint); err != nil {
		return "", err
	}
	for line := range strings.Lines(out.String()) {
		if rest, ok := strings.CutPrefix(line, "grp:"); ok {
			return strings.Trim(rest, ":\n"), nil
		}
	}
	return "", &KeyError{GPGPrefix + k.fingerprint, "a keygrip", "none"}
}

var errAnswer = errors.New(agentProgram + ": want an RSA signature, got another answer")

// rsaSignature reads the agent's answer: lines of data, escaped with %, that hold (sig-val(rsa(s N:BYTES))), canonical.
func rsaSignature(answer []byte) ([]byte, error) {
	var data []byte
	for line := range bytes.SplitSeq(answer, []byte("\n")) {
		if text, ok := bytes.CutPrefix(line, []byte("ERR ")); ok {
			return nil, &ProgramError{Program: agentProgram, Err: errAnswer, Last: []string{string(text)}}
		}
		if text, ok := bytes.CutPrefix(line, []byte("D ")); ok {
			data = append(data, unescape(text)...)
		}
	}
	_, rest, ok := bytes.Cut(data, []byte("(3:rsa(1:s"))
	size, sig, found := bytes.Cut(rest, []byte(":"))
	n, err := strconv.Atoi(string(size))
	if !ok || !found || err != nil || n <= 0 || n > len(sig) {
		return nil, errAnswer
	}
	return sig[:n], nil
}

// unescape replaces %XX.
func unescape(text []byte) []byte {
	const escape = len("%XX")
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+escape <= len(text) {
			if b, err := hex.DecodeString(string(text[i+1 : i+escape])); err == nil {
				out = append(out, b...)
				i += escape - 1
				continue
			}
		}
		out = append(out, text[i])
	}
	return out
}

// run runs a program of GnuPG. Its messages are kept for errors; the passphrase is never among its arguments or input.
func run(ctx context.Context, out io.Writer, in io.Reader, program string, args ...string) error {
	const kept, shown, patience = 8 << 10, 5, 5 * time.Second
	last := tail.New(kept)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, last
	cmd.WaitDelay = patience
	if err := cmd.Run(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		lines := last.Lines()
		return &ProgramError{Program: program, Err: err, Last: lines[max(0, len(lines)-shown):]}
	}
	return nil
}
