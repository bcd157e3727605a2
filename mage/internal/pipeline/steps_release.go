// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/publish"
)

// Publishing is the image in which the metadata of repositories are made.
var Publishing = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Publishing, err = p.Images().Publishing(ctx, s.Job)
	return err
}}

// Release puts packages into a directory for a web server.
var Release = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Released, err = p.Publisher(s.Publishing).Release(ctx, s.Order)
	return err
}}

// Customer installs released packages as a customer does.
var Customer = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Suite.Results, err = p.Publisher("").Customer(ctx, s.Verify.Dir, s.Verify.Index, s.Verify.Repository, s.Base)
	return err
}}

// Verify is what of a released directory is installed.
type Verify struct {
	Dir        string
	Index      publish.Index
	Repository string
}
