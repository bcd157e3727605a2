// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/publish"
	"github.com/resnics/verbsmith/mage/internal/signing"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// ReleaseFlags are the flags of the release targets that no other has.
type ReleaseFlags struct {
	Key, From, Into, URL, Name, Allow *string
	Valid                             *time.Duration
	Keep                              *int
}

const packagesColumn = "packages"

// passphraseVariable names a file with the passphrase of a key, because a command line is no place for one.
const passphraseVariable = "VERBSMITH_KEY_PASSPHRASE_FILE"

// releaseDir is where a release goes.
const releaseDir = "release"

var (
	errNoKey = errors.New("-key= is missing: want a file with a private OpenPGP key, or " +
		signing.GPGPrefix + "NAME for one that gpg has")
	errNoCandidates = errors.New("nothing to release: want directories with packages of a provider in dist/, " +
		"which rpm, deb and their add-ons make")
	errValid        = errors.New("-valid: want a duration of a second or more, such as 2160h")
	errKeep         = errors.New("-keep: want 1 or more")
	errNoPassphrase = errors.New("the key has a passphrase: want a file with it in " + passphraseVariable + ", or a terminal to ask on")
)

// check refuses mistakes in the flags.
func (f ReleaseFlags) check() error {
	var errs []error
	if value(f.Key, "") == "" {
		errs = append(errs, errNoKey)
	}
	errs = append(errs,
		notEmpty("from", f.From, "directories in dist/, separated by commas"),
		notEmpty("into", f.Into, "a directory"),
		notEmpty("url", f.URL, "where customers will find the directory"),
		notEmpty("name", f.Name, "a name of the repositories"),
		notEmpty("allow", f.Allow, "reasons separated by commas"))
	if f.Valid != nil && *f.Valid < time.Second {
		errs = append(errs, errValid)
	}
	if f.Keep != nil && *f.Keep < 1 {
		errs = append(errs, errKeep)
	}
	return errors.Join(append(errs, checkURL(value(f.URL, "")), checkName(value(f.Name, "")))...)
}

// Release is the release target: it puts packages of dist/ into a signed directory for a web server.
func (a *App) Release(ctx context.Context, f ReleaseFlags) error {
	allowed, err := allowedReasons(value(f.Allow, ""))
	if err := errors.Join(f.check(), err); err != nil {
		return err
	}
	candidates, err := a.candidates(ctx, f.From)
	if err != nil {
		return err
	}
	o, err := a.order(ctx, f)
	if err != nil {
		return err
	}
	o.Adds, o.Allowed = candidates, map[string][]string{}
	var refused []error
	for _, c := range candidates {
		var against []publish.Refusal
		for _, r := range append(c.Refusals(), a.dirtyProvider(ctx, c)...) {
			if slices.Contains(allowed, r.Reason) {
				o.Allowed[c.Name] = append(o.Allowed[c.Name], string(r.Reason))
			} else {
				against = append(against, r)
			}
		}
		if len(against) > 0 {
			refused = append(refused, &publish.RefusedError{Name: c.Name, Refusals: against})
		}
	}
	if len(refused) > 0 {
		return &stage.AdviceError{
			Err:  errors.Join(refused...),
			What: "mend it; -allow=REASON,… releases in spite of it, and every file that customers read says so",
		}
	}
	return a.publish(ctx, o)
}

// ReleasePrune is the release:prune target: it removes old versions from a released directory.
func (a *App) ReleasePrune(ctx context.Context, f ReleaseFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	o, err := a.order(ctx, f)
	if err != nil {
		return err
	}
	const usual = 2
	o.Keep = usual
	if f.Keep != nil {
		o.Keep = *f.Keep
	}
	if _, err := publish.ReadIndex(o.Into); err != nil {
		return err
	}
	return a.publish(ctx, o)
}

// order is what the flags of a release say.
func (a *App) order(ctx context.Context, f ReleaseFlags) (publish.Order, error) {
	key, err := signing.Open(ctx, value(f.Key, ""), passphrase)
	if err != nil {
		return publish.Order{}, err
	}
	o := publish.Order{
		Into: absolute(value(f.Into, filepath.Join(a.dirs.root, releaseDir))), Name: value(f.Name, ""), URL: value(f.URL, ""),
		Key: key, Now: time.Now(),
	}
	if f.Valid != nil {
		o.Valid = *f.Valid
	}
	if owned.Overlap(owned.Real(o.Into), owned.Real(a.dirs.dist)) || owned.Overlap(owned.Real(o.Into), a.dirs.root) {
		return o, &placeError{"-into", o.Into, "one that holds the repository or its outputs"}
	}
	return o, nil
}

// publish makes the release, and shows it.
func (a *App) publish(ctx context.Context, o publish.Order) error {
	mode, err := a.baseMode()
	if err != nil {
		return err
	}
	s := pipeline.NewState(job.Job{Base: mode})
	s.Order = o
	if err := a.pipeline.Do(ctx, pipeline.ForRelease, s); err != nil {
		return err
	}
	a.showTimes()
	out := s.Released
	if !out.Signed {
		fmt.Fprintln(a.ui.Out(), "nothing to do: "+a.relative(o.Into)+" has all of it")
		return nil
	}
	fields := []ui.Field{
		{Name: "where", Text: a.relative(o.Into)},
		{Name: "for", Text: out.Index.URL},
		{Name: "serial", Text: fmt.Sprint(out.Index.Serial)},
		{Name: "key", Text: out.Index.Key},
		{Name: "check it", Text: "go tool mage release:verify " + a.relative(o.Into) + " -key=" + out.Index.Key},
	}
	if o.Valid > 0 {
		fields = append(fields, ui.Field{Name: "valid until", Text: o.Now.Add(o.Valid).UTC().Format(time.RFC3339)})
	}
	a.ui.List("released "+out.Index.Name, fields)
	rows := make([][]string, 0, len(out.Index.Builds))
	for _, b := range out.Index.Builds {
		state := "was there"
		if slices.Contains(out.Added, b.Name) {
			state = "added"
		}
		rows = append(rows, []string{b.Name, b.Repository, fmt.Sprint(len(b.Packages)), state, cmp.Or(strings.Join(b.Allowed, ", "), "-")})
	}
	a.ui.Table("builds", []string{"build", "repository", packagesColumn, "", "in spite of"}, rows)
	for _, name := range out.Pruned {
		fmt.Fprintln(a.ui.Out(), "removed "+name)
	}
	return nil
}

// allowedReasons reads -allow.
func allowedReasons(list string) ([]publish.Reason, error) {
	var all []publish.Reason
	for name := range strings.SplitSeq(list, ",") {
		if name == "" {
			continue
		}
		r := publish.Reason(name)
		if !slices.Contains(publish.Reasons(), r) {
			known := make([]string, 0, len(publish.Reasons()))
			for _, k := range publish.Reasons() {
				known = append(known, string(k))
			}
			return nil, &specs.UnknownError{Kind: "reason", Name: name, Known: known}
		}
		all = append(all, r)
	}
	return all, nil
}

// dirtyProvider is the refusal of packages whose provider is no commit's.
func (a *App) dirtyProvider(ctx context.Context, c publish.Candidate) []publish.Refusal {
	rec := c.Record.Provider
	if rec == nil {
		return nil
	}
	refusal := func(format string, args ...any) []publish.Refusal {
		return []publish.Refusal{{Reason: publish.Dirty, What: fmt.Sprintf(format, args...)}}
	}
	name := rec.Name
	if a.flags.Provider != nil || a.isDefault(ctx, rec.Name) {
		name = value(a.flags.Provider, "")
	}
	dir, err := a.providerDir(cmp.Or(name, rec.Name))
	if name == "" {
		dir, err = a.chosenDir()
	}
	if err != nil || dir == "" {
		return refusal("the directory of its provider %s is not here: -provider names it", rec.Name)
	}
	p, err := a.provider(ctx, dir)
	if err != nil || p.Digest() != rec.SHA256 {
		return refusal("%s is not as it was when the packages were made", a.relative(dir))
	}
	changes, err := uncommitted(ctx, dir)
	if err != nil {
		return refusal("git does not know %s: %v", a.relative(dir), err)
	}
	if changes != "" {
		return refusal("%s has changes that no commit has: %s", a.relative(dir), changes)
	}
	return nil
}

// passphrase is that of a key, from the file that the variable names or from the terminal.
func passphrase() ([]byte, error) {
	const most = 4 << 10
	if file := os.Getenv(passphraseVariable); file != "" {
		data, err := owned.ReadFile(file, most)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", passphraseVariable, err)
		}
		return []byte(strings.TrimRight(string(data), "\r\n")), nil
	}
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return nil, errNoPassphrase
	}
	fmt.Fprint(os.Stderr, "passphrase of the key: ")
	defer fmt.Fprintln(os.Stderr)
	secret, err := term.ReadPassword(fd)
	if err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", err)
	}
	return secret, nil
}
