// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/resnics/verbsmith/mage/internal/diagnose"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	columns, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		columns = 0 // no terminal
	}
	status := run(ctx, os.Args[1:], columns, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// statusUsage is the exit status of a mistake in the arguments and of a question that could not be asked.
const statusUsage = 3

// run asks what args say, writes lines of so many columns (0 is the usual number), and gives the exit status.
func run(ctx context.Context, args []string, columns int, out, errs io.Writer) int {
	flags := flag.NewFlagSet("verbsmith-diagnose", flag.ContinueOnError)
	flags.SetOutput(errs)
	root := flags.String("root", "", "a `directory` with a machine's files instead of this machine")
	packages := flags.String("packages", "", "`files` of packages, or directories with them, separated by commas: "+
		"what would be after their installation; further arguments are such files too")
	asJSON := flags.Bool("json", false, "write JSON")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return statusUsage
	case flags.NArg() > 0 && *packages == "":
		_, _ = fmt.Fprintf(errs, "error: unknown argument %q: want -root=DIR, -packages=FILE or -json\n", flags.Arg(0))
		return statusUsage
	}
	given := func(name string) (is bool) {
		flags.Visit(func(f *flag.Flag) { is = is || f.Name == name })
		return is
	}
	if given("root") && *root == "" || given("packages") && *packages == "" {
		_, _ = fmt.Fprintln(errs, "error: -root and -packages want a value, got none")
		return statusUsage
	}
	var paths []string
	if *packages != "" {
		paths = append(strings.Split(*packages, ","), flags.Args()...)
	}
	request := diagnose.Request{Root: *root, Alone: len(paths) > 0, LookupEnv: os.LookupEnv}
	report, err := diagnose.Do(ctx, request, paths, diagnose.Format{JSON: *asJSON, Columns: columns}, out)
	if err != nil {
		_, _ = fmt.Fprintln(errs, "error:", err)
		return statusUsage
	}
	return int(report.Status)
}
