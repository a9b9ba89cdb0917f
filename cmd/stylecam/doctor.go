package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"stylecam/filter"
	"stylecam/native"
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
	missing status = "missing" // nothing is painted without it, or not on the GPU
)

func (p *program) doctorCommand() *cli.Command {
	var gpu bool
	return p.command(spec{
		name:  "doctor",
		usage: "tell what is missing on this machine, and what mends it",
		about: `Looks at the library, the networks, the provider really in use (proved by one frame
against the CPU), cameras, display, virtual camera and helpers. With --gpu it looks
at what computing on an NVIDIA GPU takes, and nothing else. Ends with status 4 if nothing
can be painted as it is, or, with --gpu, not on the GPU.`,
		examples: []string{"stylecam doctor", "stylecam doctor --gpu", "stylecam doctor --provider cuda", "stylecam doctor --json"},
		flags: append(flags(p.settings.machine()),
			&cli.BoolFlag{Name: "gpu", Usage: "look at driver, CUDA, cuDNN, TensorRT and the GPU's build of ONNX Runtime", Destination: &gpu}),
		run: func(ctx context.Context, _ *cli.Context) error {
			what, findings := "nothing can be painted", []finding(nil)
			if gpu {
				what, findings = "the GPU cannot compute", examineGPU(native.Here())
			} else {
				findings = p.examine(ctx)
			}
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
				return fmt.Errorf("%s: %w: %s", what, filter.ErrMissing, strings.Join(lacks, ", "))
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
		findings = append(findings, finding{"onnxruntime", missing, oneLine(err), mendRuntime(err)})
	} else {
		defer runtime.Close()
		findings = append(findings,
			finding{"onnxruntime", good, fmt.Sprintf("%s, %s", runtime.Version(), runtime.LibraryPath()), ""},
			p.providerFinding(ctx), gpuFinding(runtime))
	}
	v := machineVideo()
	return append(findings, p.stylesFinding(), v.cameraFinding(), p.displayFinding(), v.virtualFinding(), ffmpegFinding(), p.configFinding())
}
