// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

func TestCopyrightOfFiles(t *testing.T) {
	const id = "/* SPDX-License-Identifier: GPL-2.0 OR "
	for name, tt := range map[string]struct {
		files map[string]string
		want  Copyright
	}{
		"nothing said": {nil, Copyright{}},
		"SPDX lines decide": {
			map[string]string{
				"fly.c":      id + "BSD-2-Clause */\n/* Copyright (c) 2022 - 2024, Fly Technologies.  All rights reserved. */\nint a;\n",
				"sub/fast.c": "// SPDX-License-Identifier: BSD-2-Clause or GPL-2.0-only\n// Copyright 2019-2026 Amazon.com, Inc. or its affiliates. All rights reserved.\n",
				"fly-abi.h":  id + "MIT */\n/* Copyright (c) 2020 Kernel */\n",
			},
			Copyright{License: "BSD-2-clause or GPL-2", Holders: []string{"2019-2026, Amazon.com, Inc. or its affiliates.", "2022-2024, Fly Technologies."}},
		},
		"two choices hold together": {
			map[string]string{"fly.c": id + "BSD-2-Clause */\n", "sub/fast.c": id + "Linux-OpenIB */\n"},
			Copyright{License: "BSD-2-clause and BSD-MIT or GPL-2"},
		},
		"most say nothing": {
			map[string]string{"fly.c": id + "MIT */\n", "b.h": "int b;\n", "c.h": "int c;\n"}, Copyright{},
		},
		"what names nobody": {
			map[string]string{"fly.c": "/*\n * Redistributions must retain the above copyright notice, this list\n * THE COPYRIGHT HOLDERS BE LIABLE\n * Copyright (C) The Flies\n * Copyright (c)\n * SPDX-FileCopyrightText: 2021 Bee <b@host.example>\n */\nint a; /* Copyright (c) 2000 not at the top */\n"},
			Copyright{Holders: []string{"2021, Bee <b@host.example>", "The Flies"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Load(t.Context(), providertest.Folder(t, tt.files))
			providertest.WantError(t, err)
			got, err := p.Copyright()
			if err != nil || got.License != tt.want.License || !slices.Equal(got.Holders, tt.want.Holders) {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
	p, err := Load(t.Context(), providertest.Folder(t, map[string]string{"fly.c": id + "*/\n"}))
	providertest.WantError(t, err)
	_, err = p.Copyright()
	providertest.WantError(t, err, "fly.c:1:4: want SPDX-License-Identifier", "GPL-2.0 OR")
}

// The manifest cannot say another licence than the files do.
func TestLicenseThatContradicts(t *testing.T) {
	folder := func(license, fly string, more ...string) string {
		return providertest.Folder(t, map[string]string{ManifestName: providertest.Manifest + "license: " + license + "\n", "fly.c": fly, "sub/fast.c": strings.Join(append(more, fly)[:1], "")})
	}
	const spdx = "// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause\n"
	// Where other files say nothing, the licence may say more than the lines do.
	for license, ok := range map[string]bool{"BSD-2-clause and BSD-MIT or GPL-2": true, "BSD-MIT or GPL-2": false} {
		p, err := Load(t.Context(), folder(license, spdx, "int fast;\n"))
		if ok != (err == nil) {
			t.Errorf("%s: %v", license, err)
		}
		if !ok {
			continue
		}
		if got, err := p.Copyright(); err != nil || got.License != license {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	for _, license := range []string{"BSD-MIT or GPL-2", "GPL-2", "GPL-2+ or BSD-2-clause", "BSD-2-clause and GPL-2"} {
		dir := folder(license, spdx)
		_, err := Load(t.Context(), dir)
		providertest.WantError(t, err, "provider.yaml:16:10: license: want BSD-2-clause or GPL-2, as in the files' SPDX lines (fly.c:1), or no license here, got")
	}
	for _, license := range []string{"GPL-2 or BSD-2-clause", "BSD-2-clause or GPL-2"} {
		p, err := Load(t.Context(), folder(license, spdx))
		providertest.WantError(t, err)
		if got, err := p.Copyright(); err != nil || got.License != license {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	p, err := Load(t.Context(), folder("MIT", "int a;\n"))
	providertest.WantError(t, err)
	if got, _ := p.Copyright(); got.License != "MIT" {
		t.Errorf("no SPDX line: %+v", got)
	}
}
