// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

func FuzzAddDriverID(f *testing.F) {
	for _, s := range []string{
		providertest.Release()[DriverHeader], "enum rdma_driver_id { A, B };", "enum rdma_driver_id {\r\n A = 1, // }\r\n};",
		"enum rdma_driver_id {\n#if X\n A,\n#else\n B,\n#endif\n};", "enum rdma_driver_id { A /* \n */ };", "enum rdma_driver_id {\\\n A };",
	} {
		f.Add([]byte(s), 50)
	}
	f.Fuzz(func(t *testing.T, data []byte, value int) {
		for _, id := range []DriverID{{"D_FLY", PolicyNext, 0, false}, {"D_FLY", PolicyExplicit, value & maxDriverID, false}} {
			out, v, already, err := addDriverID("h", data, id)
			if err != nil || already {
				continue
			}
			again, v2, already, err := addDriverID("h", out, id)
			if err != nil || !already || v2 != v || !bytes.Equal(again, out) {
				t.Fatalf("second time: %d then %d, already %v, %v\n%q", v, v2, already, err, out)
			}
		}
	})
}

func FuzzCMake(f *testing.F) {
	small := providertest.Release()
	for _, s := range []string{small[TopCMake], small[HeadersCMake], "pub(rdma\r\n a.h # x\r\n)", "pub(rdma [[a]] \"b\" #[[\n]] c)", "if(HAVE_COHERENT_DMA)\nadd_subdirectory(providers/a)#[[\n]]\nendif()"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		edits := []func([]byte) ([]byte, bool, error){
			func(d []byte) ([]byte, bool, error) {
				return cmake.List{Command: "pub", First: "rdma"}.Add("c", d, "fly.h")
			},
			func(d []byte) ([]byte, bool, error) {
				return addSubdirectory("c", d, "providers/fly", CMake{CoherentDMA: true})
			},
			func(d []byte) ([]byte, bool, error) { return addSubdirectory("c", d, "providers/fly", CMake{}) },
		}
		for i, edit := range edits {
			out, already, err := edit(data)
			if err != nil || already {
				continue
			}
			before, _ := cmake.Parse("c", data)
			after, err := cmake.Parse("c", out)
			if err != nil || len(after) != len(before)+min(i, 1) {
				t.Fatalf("%d commands became %d: %v\n%q", len(before), len(after), err, out)
			}
			again, already, err := edit(out)
			if err != nil || !already || !bytes.Equal(again, out) {
				t.Fatalf("second time: already %v, %v\n%q", already, err, out)
			}
		}
	})
}

func FuzzStaticProvider(f *testing.F) {
	f.Add([]byte(providertest.Verbs))
	f.Add([]byte(providertest.CRLF(verbsWith(20))))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, already, err := addStaticProvider("v", data, "fly")
		if err != nil || already {
			return
		}
		again, already, err := addStaticProvider("v", out, "fly")
		if err != nil || !already || !bytes.Equal(again, out) {
			t.Fatalf("second time: already %v, %v\n%q", already, err, out)
		}
	})
}

func FuzzTextLists(f *testing.F) {
	small := providertest.Release()
	f.Add([]byte(small[Maintainers]), []byte(small[Readme]))
	f.Add([]byte("A\r\nF:\tproviders/x/"), []byte("- a.ko"))
	m := &Manifest{Name: "fly", KernelModule: "fly.ko", Maintainer: Maintainer{"Flo", "flo@host.example"}}
	f.Fuzz(func(t *testing.T, maintainers, readme []byte) {
		if out, already, err := addMaintainer("m", maintainers, m); err == nil && !already {
			if _, already, err = addMaintainer("m", out, m); err != nil || !already {
				t.Fatalf("second time: already %v, %v\n%q", already, err, out)
			}
		}
		if out, already, err := addKernelModule("r", readme, m.KernelModule); err == nil && !already {
			if _, already, err = addKernelModule("r", out, m.KernelModule); err != nil || !already {
				t.Fatalf("second time: already %v, %v\n%q", already, err, out)
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(providertest.Manifest))
	f.Add([]byte("name: [1, 2]\nprivateFiles: {}\n"))
	f.Add([]byte(strings.Replace(providertest.Manifest, "abiHeader: fly-abi.h", "abiHeaders: [a.h]\nioctlHeaders: [b.h]\nlicense: MIT\ncopyright: [x]", 1)))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Manifest
		err := strictyaml.Decode(ManifestName, data, &m)
		if err != nil {
			if len(strictyaml.Mistakes(err)) == 0 {
				t.Fatalf("an error without a place: %v", err)
			}
			return
		}
		words := append([]string{m.Name, m.DriverID.Constant, m.KernelModule, m.Device.Name}, m.KernelHeaders()...)
		for i := range words[4:] {
			words[4+i] = headerName(words[4+i])
		}
		for _, s := range words {
			if slices.ContainsFunc([]byte(s), func(c byte) bool { return c <= ' ' || c == '/' || c == '%' || c == '"' }) {
				t.Fatalf("%q passed", s)
			}
		}
		for _, s := range append([]string{m.Description, m.CMake.Condition, m.License}, m.Copyright...) {
			if strings.ContainsAny(s, "\r\n%") {
				t.Fatalf("%q passed", s)
			}
		}
	})
}
