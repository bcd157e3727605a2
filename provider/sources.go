// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"path/filepath"

	"github.com/resnics/verbsmith/provider/internal/c"
)

// Sources takes every .c and .h file of the provider apart; an end of ctx ends it.
func (p *Provider) Sources(ctx context.Context) (*c.Sources, []error) {
	s := c.NewSources()
	var errs []error
	for _, file := range p.Files {
		if ext := filepath.Ext(file.Name); ext != ".c" && ext != ".h" {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return s, append(errs, err)
		}
		if err := s.Add(file.Name, p.Path(file.Name), file.data); err != nil {
			errs = append(errs, err)
		}
	}
	return s, errs
}
