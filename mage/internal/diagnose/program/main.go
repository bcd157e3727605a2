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
	"syscall"

	"github.com/resnics/verbsmith/mage/internal/diagnose"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// statusUsage is the exit status of a mistake in the arguments and of a question that could not be asked.
const statusUsage = 3

// run asks what args say and gives the exit status.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("verbsmith-diagnose", flag.ContinueOnError)
	flags.SetOutput(errs)
	root := flags.String("root", "", "a `directory` with a machine's files instead of this machine")
	asJSON := flags.Bool("json", false, "write JSON")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return statusUsage
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(errs, "error: unknown argument %q: want -root=DIR or -json\n", flags.Arg(0))
		return statusUsage
	}
	report, err := diagnose.Do(ctx, diagnose.Request{Root: *root, JSON: *asJSON, LookupEnv: os.LookupEnv}, out)
	if err != nil {
		_, _ = fmt.Fprintln(errs, "error:", err)
		return statusUsage
	}
	return int(report.Status)
}
