// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/ci"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// qualityVariable names the file that gets what a run says of lines of the provider, as GitLab reads it.
const qualityVariable = "VERBSMITH_CODE_QUALITY"

// recordAnnotations adds each annotation to the file of qualityVariable, if that is set.
func (a *App) recordAnnotations() {
	file := os.Getenv(qualityVariable)
	if file == "" {
		return
	}
	var mu sync.Mutex // stages say things side by side
	a.ui.OnAnnotation(func(said ui.Annotation) {
		mu.Lock()
		defer mu.Unlock()
		if err := a.recordAnnotation(file, said); err != nil {
			fmt.Fprintf(a.ui.Err(), "warning: %s=%s: %v\n", qualityVariable, file, err)
		}
	})
}

// recordAnnotation adds one. A remark without a place has none in the report.
func (a *App) recordAnnotation(file string, said ui.Annotation) error {
	if said.File == "" {
		return nil
	}
	there, err := ci.Read("/", absolute(file))
	if err != nil {
		return err
	}
	report, err := ci.AddFinding(there, ci.Finding{
		File: a.inCheckout(said.File), Line: said.Line, Title: ui.Clean(said.Title), Message: ui.Clean(ui.Redact(said.Message)),
		Minor: said.Level == ui.LevelWarning || said.Level == ui.LevelNotice,
	})
	if err != nil {
		return err
	}
	return renameio.WriteFile(file, report, 0o644)
}

// inCheckout is a file as a service names it: below the repository, wherever the command runs in it.
func (a *App) inCheckout(file string) string {
	if _, err := os.Stat(file); err != nil {
		return filepath.ToSlash(file) // it may be below the repository already
	}
	return filepath.ToSlash(a.relative(absolute(file)))
}
