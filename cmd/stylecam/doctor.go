package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"stylecam/filter"
)

// finding is what the doctor has to say of one thing.
type finding struct {
	Name   string `json:"name"`
	Status status `json:"status"`
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"` // what to type, or to do
}

type status string

const (
	good    status = "good"
	without status = "without" // it works, but for what this is needed for
	missing status = "missing" // nothing is painted without it
)

func (p *program) doctorCommand() *cli.Command {
	return p.command(spec{
		name:  "doctor",
		usage: "tell what is missing on this machine, and what mends it",
		about: `Looks at the library, the networks, the provider really in use (proved by one frame
against the CPU), cameras, display, virtual camera and helpers. Ends with status 4 if
nothing can be painted as it is.`,
		examples: []string{"stylecam doctor", "stylecam doctor --provider cuda", "stylecam doctor --json"},
		flags:    flags(p.settings.machine()),
		run: func(ctx context.Context, _ *cli.Context) error {
			findings := p.examine(ctx)
			if p.json {
				if err := p.printJSON(findings); err != nil {
					return err
				}
			} else {
				p.printFindings(findings)
			}
			var lacks []string
			for _, f := range findings {
				if f.Status == missing {
					lacks = append(lacks, f.Name)
				}
			}
			if len(lacks) > 0 {
				return fmt.Errorf("nothing can be painted: %w: %s", filter.ErrMissing, strings.Join(lacks, ", "))
			}
			return nil
		},
	})
}

func (p *program) printFindings(findings []finding) {
	marks := map[status]string{good: "ok", without: "--", missing: "!!"}
	for _, f := range findings {
		fmt.Fprintf(p.stdout, "%s  %-15s %s\n", marks[f.Status], f.Name, f.Detail)
		if f.Mend != "" {
			fmt.Fprintf(p.stdout, "    %-15s mend: %s\n", "", f.Mend)
		}
	}
}

func (p *program) examine(ctx context.Context) []finding {
	findings := []finding{{"version", good, p.versionText(), ""}, networksFinding()}
	runtime, err := p.openRuntime()
	if err != nil {
		findings = append(findings, finding{"onnxruntime", missing, oneLine(err), "make runtime"})
	} else {
		defer runtime.Close()
		findings = append(findings,
			finding{"onnxruntime", good, fmt.Sprintf("%s, %s", runtime.Version(), runtime.LibraryPath()), ""},
			p.providerFinding(ctx), gpuFinding(runtime))
	}
	return append(findings, p.stylesFinding(), cameraFinding(), p.displayFinding(), virtualFinding(), ffmpegFinding(), p.configFinding())
}
