// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

func TestLoads(t *testing.T) {
	p := loaded(t, providertest.Fly(t, map[string]string{
		"fly.c": "/* dlopen(\"libno.so\") */\nvoid *a(const char *n) { return dlopen(n, 1); }\nvoid *b(void)\n{\n\treturn dlopen(\"libwing.so\", RTLD_NOW);\n}\n",
	}))
	got := Loads(t.Context(), p)
	if len(got) != 1 || !strings.Contains(got[0].Error(), `fly.c:5:9: want a library that is linked, or that the packages require, got dlopen("libwing.so")`) {
		t.Errorf("got %v", got)
	}
}
