// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// SlogHandler is the handler for the run's one logger: it prints "warning: message key=value" to Err, above the live
// line. Times are left out: the stages show them.
func (u *UI) SlogHandler() slog.Handler {
	level := u.opts.Level
	if level == nil {
		level = slog.LevelInfo
	}
	attrs := &attrText{}
	inner := slog.NewTextHandler(&attrs.text, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			builtin := a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey
			if len(groups) == 0 && builtin {
				return slog.Attr{}
			}
			return a
		},
	})
	return &lineHandler{ui: u, attrs: attrs, inner: inner}
}

// attrText receives the attributes of one record from a TextHandler.
type attrText struct {
	mu   sync.Mutex
	text strings.Builder
}

// lineHandler lets a TextHandler do the quoting of attributes and puts level and message before them.
type lineHandler struct {
	ui    *UI
	attrs *attrText
	inner slog.Handler
}

func (h *lineHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

func (h *lineHandler) Handle(ctx context.Context, r slog.Record) error {
	h.attrs.mu.Lock()
	h.attrs.text.Reset()
	err := h.inner.Handle(ctx, r)
	attrs := strings.TrimSpace(h.attrs.text.String())
	h.attrs.mu.Unlock()

	word := strings.ToLower(r.Level.String())
	if r.Level == slog.LevelWarn {
		word = string(LevelWarning)
	}
	prefix := h.ui.paint(wordColour(word), word) + ": "
	if r.Level == slog.LevelInfo {
		prefix = ""
	}
	h.ui.mu.Lock()
	defer h.ui.mu.Unlock()
	h.ui.line(prefix + joinParts(Clean(r.Message), Clean(attrs)))
	return err //nolint:wrapcheck // a handler returns its inner handler's error
}

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lineHandler{ui: h.ui, attrs: h.attrs, inner: h.inner.WithAttrs(attrs)}
}

func (h *lineHandler) WithGroup(name string) slog.Handler {
	return &lineHandler{ui: h.ui, attrs: h.attrs, inner: h.inner.WithGroup(name)}
}
