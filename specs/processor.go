// SPDX-License-Identifier: Apache-2.0

package specs

// Processor is one that packages are made for, as RPM names it.
type Processor string

// The processors.
const (
	X8664   Processor = "x86_64"
	AArch64 Processor = "aarch64"
)

// Processors are all of them.
func Processors() []Processor { return []Processor{X8664, AArch64} }

// ProcessorNames are their names, for messages.
func ProcessorNames() []string {
	var names []string
	for _, p := range Processors() {
		names = append(names, string(p))
	}
	return names
}

// FindProcessor is the processor of that name, which is RPM's, or Debian's and Go's.
//
// Errors: *UnknownError.
func FindProcessor(name string) (Processor, error) {
	for _, p := range Processors() {
		if name == string(p) || name == p.Debian() {
			return p, nil
		}
	}
	return "", &UnknownError{Kind: "processor", Name: name, Known: ProcessorNames()}
}

// Debian is Debian's name of it, which is also Go's.
func (p Processor) Debian() string {
	return map[Processor]string{X8664: "amd64", AArch64: "arm64"}[p]
}

// ProcessorOf is the processor that Go calls arch. Packages for those that are not among Processors can be built where the engine has them.
func ProcessorOf(arch string) Processor {
	if known, err := FindProcessor(arch); err == nil {
		return known
	}
	if arch == "loong64" {
		return "loongarch64"
	}
	return Processor(arch) // ppc64le, s390x, riscv64
}

// Mark is what names of files and records say of it: nothing of x86_64.
func (p Processor) Mark() string {
	if p == X8664 {
		return ""
	}
	return string(p)
}

// GNU is what the names of its cross-compilers begin with.
func (p Processor) GNU() string { return string(p) + "-linux-gnu" }
