package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"stylecam/filter"
	"stylecam/infer"
	"stylecam/native"
	"stylecam/scripts"
)

// installed is what `runtime install` prints for machines.
type installed struct {
	Library string `json:"library"`
	CUDA    int    `json:"cuda,omitempty"`
}

func (p *program) runtimeCommand() *cli.Command {
	var gpu bool
	var cuda int
	return p.group("runtime", "the library that computes",
		p.command(spec{
			name:  "install",
			usage: "bring ONNX Runtime into ~/.cache/stylecam, for the CPU or for NVIDIA's GPUs",
			about: `For the CPU it is one library of 29 MB, by pip, else by npm, else from ONNX Runtime's own
release. With --gpu come the GPU's build of it, CUDA and cuDNN, all by pip: a good gigabyte
to fetch, two on the disk; interrupted, the same command goes on. Pip and npm take whatever
index they are set up for; every file is held to its sha256.
` + "`stylecam doctor --gpu`" + ` tells what is there and what is missing.`,
			examples: []string{"stylecam runtime install", "stylecam runtime install --gpu", "stylecam runtime install --gpu --cuda 12"},
			flags: []cli.Flag{
				&cli.BoolFlag{Name: "gpu", Usage: "for NVIDIA's GPUs", Destination: &gpu},
				&cli.GenericFlag{Name: "cuda", Usage: "the major `VERSION` of CUDA, 13 or 12, instead of the one that suits the driver", Value: option[int]{&cuda, integer(12, 13), formatCUDA}},
			},
			run: func(ctx context.Context, _ *cli.Context) error {
				if cuda != 0 && !gpu {
					return &usageError{fmt.Errorf("runtime install: --cuda is for --gpu"), "stylecam runtime install --gpu --cuda 12"}
				}
				install := p.installCPU
				if gpu {
					install = func(ctx context.Context) (installed, error) { return p.installGPU(ctx, native.Here(), cuda) }
				}
				done, err := install(ctx)
				if err != nil {
					return err
				}
				if p.json {
					return p.printJSON(done)
				}
				_, err = fmt.Fprintln(p.stdout, done.Library)
				return err
			},
		}))
}

func formatCUDA(version int) string {
	if version == 0 {
		return ""
	}
	return fmt.Sprint(version)
}

// installCPU brings the library for the CPU, unless one is installed that serves.
func (p *program) installCPU(ctx context.Context) (installed, error) {
	if chosen := p.getenv("ONNXRUNTIME_LIB"); chosen != "" { // no other would be tried
		r, err := infer.Open(infer.Options{Provider: infer.CPU})
		if err != nil {
			return installed{}, err
		}
		return installed{Library: chosen}, r.Close()
	}
	p.tell("fetching ONNX Runtime, unless it is there")
	path, err := bring(ctx)
	if err != nil {
		return installed{}, err
	}
	if err := infer.Use(path); err != nil {
		p.log.Warn("what is installed does not serve", "err", oneLine(err))
		if path, err = bring(ctx, "cache"); err != nil {
			return installed{}, err
		}
		if err := infer.Use(path); err != nil {
			return installed{}, fmt.Errorf("runtime install: %w: %w", filter.ErrMissing, err)
		}
	}
	return installed{Library: path}, nil
}

// bring runs the Makefile's own script, which tells the library's path.
func bring(ctx context.Context, args ...string) (string, error) {
	var out, said bytes.Buffer
	command := exec.CommandContext(ctx, "bash", append([]string{"-s", "--"}, args...)...)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(scripts.ONNXRuntime), &out, &said
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 5 * time.Second
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return "", fmt.Errorf("runtime install: %w: %s", filter.ErrMissing, strings.TrimPrefix(lines[len(lines)-1], "onnxruntime.sh: "))
	}
	return strings.TrimSpace(out.String()), nil
}

// installGPU installs the build that suits the driver, or the one asked for.
func (p *program) installGPU(ctx context.Context, system native.System, cuda int) (installed, error) {
	driver := system.Driver()
	build := native.Suited(driver)
	for _, b := range native.Builds {
		if b.CUDA == cuda {
			build = b
		}
	}
	switch {
	case !driver.Present():
		p.tell("no NVIDIA driver is there yet; CUDA %d will want %d or newer", build.CUDA, build.Driver)
	case build.CUDA != native.Builds[0].CUDA && cuda == 0:
		p.tell("driver %s is older than %d: CUDA %d and ONNX Runtime %s instead of CUDA %d and %s", driver.Version, native.Builds[0].Driver,
			build.CUDA, build.ONNXRuntime, native.Builds[0].CUDA, native.Builds[0].ONNXRuntime)
	}
	bar := p.bytesBar()
	folder, err := system.Install(ctx, build, bar.show)
	bar.end()
	if err != nil {
		return installed{}, err
	}
	p.tell("installed: ONNX Runtime %s, CUDA %d, cuDNN 9 in %s", build.ONNXRuntime, build.CUDA, folder.Path)
	return installed{folder.Library(), build.CUDA}, nil
}
