package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/v4l2"
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
		findings = append(findings, finding{"onnxruntime", missing, err.Error(), "make runtime"})
	} else {
		defer runtime.Close()
		findings = append(findings,
			finding{"onnxruntime", good, fmt.Sprintf("%s, %s", runtime.Version(), runtime.LibraryPath()), ""},
			p.providerFinding(ctx), gpuFinding(runtime))
	}
	return append(findings, p.stylesFinding(), cameraFinding(), displayFinding(), virtualFinding(), ffmpegFinding(), p.configFinding())
}

func networksFinding() finding {
	f := finding{Name: "networks", Status: good}
	m, err := models.Builtin()
	if err == nil {
		for _, entry := range m.Models {
			if _, e := m.Take(entry); e != nil {
				err = errors.Join(err, e)
			}
		}
	}
	if err != nil {
		return finding{f.Name, missing, oneLine(err), "build stylecam again from a clean clone: make build"}
	}
	f.Detail = fmt.Sprintf("%d graphs, each with the sha256 of the manifest", len(m.Models))
	return f
}

// providerFinding paints one frame, and, where something else than the CPU does
// it, the same frame on the CPU: a GPU that computes nonsense is found here.
func (p *program) providerFinding(ctx context.Context) finding {
	f := finding{Name: "provider", Status: missing, Mend: "stylecam doctor --provider cpu"}
	mine, name, took, err := p.proof(ctx, p.settings.provider)
	if err != nil {
		f.Detail = oneLine(err)
		return f
	}
	f.Detail = fmt.Sprintf("%s, asked for %s: one frame painted in %d ms", name, p.settings.provider, took.Milliseconds())
	if name != infer.CPU.String() {
		theirs, _, _, err := p.proof(ctx, infer.CPU)
		if err != nil {
			f.Detail += "; the CPU cannot: " + oneLine(err)
			return f
		}
		const tolerance = 4 // of 255, in the mean: half precision and other kernels round otherwise
		apart := difference(mine, theirs)
		f.Detail += fmt.Sprintf(", %.2f of 255 from the CPU's", apart)
		if apart > tolerance {
			f.Mend = "stylecam run --provider cpu; then look at the GPU's driver"
			return f
		}
	}
	f.Status, f.Mend = good, ""
	return f
}

// proof paints one frame of the demo by a provider: the second, since the first
// pays for what is set up once.
func (p *program) proof(ctx context.Context, provider infer.Provider) (picture *frame.Frame, name string, took time.Duration, err error) {
	settings := p.settings
	defer func() { p.settings = settings }()
	p.settings.provider = provider
	e, err := p.openEngine(use{still: true})
	if err != nil {
		return nil, "", 0, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	photo, err := covered(ctx, "demo", 640, 480)
	if err != nil {
		return nil, "", 0, err
	}
	names, err := e.gallery.collection.Names()
	if err != nil || len(names) == 0 {
		return nil, "", 0, fmt.Errorf("%w: there is no style: %w", filter.ErrMissing, err)
	}
	params := filter.Defaults(names[0])
	if err := e.gallery.load(ctx, params.Style); err != nil {
		return nil, "", 0, err
	}
	for range 2 {
		if picture != nil {
			picture.Release()
		}
		start := time.Now()
		if picture, err = e.painter.Apply(ctx, photo, &params, new(filter.Trace)); err != nil {
			return nil, "", 0, err
		}
		took = time.Since(start)
	}
	return picture, e.runtime.Provider(), took, nil
}

// difference is the mean distance of two pictures of one size, of 255.
func difference(a, b *frame.Frame) float64 {
	sum := 0
	for i := range a.Pix {
		sum += max(int(a.Pix[i])-int(b.Pix[i]), int(b.Pix[i])-int(a.Pix[i]))
	}
	return float64(sum) / float64(len(a.Pix))
}

func gpuFinding(r *infer.Runtime) finding {
	f := finding{Name: "gpu", Status: good, Detail: "none of NVIDIA's; the CPU computes"}
	if _, err := os.Stat("/dev/nvidia0"); err != nil {
		return f
	}
	if r.Provider() != infer.CPU.String() {
		f.Detail = "NVIDIA, in use"
		return f
	}
	f.Status, f.Detail = without, "NVIDIA, not in use"
	if reason := r.Fallback(); reason != "" {
		f.Detail += ": " + reason
		f.Mend = "take ONNX Runtime's GPU build, with CUDA and cuDNN on LD_LIBRARY_PATH, by --onnxruntime FILE"
	}
	return f
}

func (p *program) stylesFinding() finding {
	f := finding{Name: "styles", Status: missing, Mend: "build stylecam again from a clean clone: make build"}
	m, err := models.Builtin()
	if err != nil {
		f.Detail = oneLine(err)
		return f
	}
	fit, unfit, err := p.styleFit(m)
	switch {
	case err != nil:
		f.Detail = oneLine(err)
	case len(fit) == 0:
		f.Detail = "none fits the networks"
	default:
		f.Status, f.Mend, f.Detail = good, "", fmt.Sprintf("%d fit the networks", len(fit))
		if len(unfit) > 0 {
			f.Status = without
			f.Detail += "; these do not: " + strings.Join(unfit, ", ")
			f.Mend = "stylecam styles add PICTURE --name " + unfit[0]
		}
	}
	return f
}

// styleFit sorts the styles by whether the network that is to paint them made them.
func (p *program) styleFit(m *models.Manifest) (fit, unfit []string, err error) {
	graph, err := m.Graph(models.Lite, models.SANetStyle)
	if err != nil {
		return nil, nil, err
	}
	styles, err := p.collection()
	if err != nil {
		return nil, nil, err
	}
	items, err := styles.List()
	for _, item := range items {
		if item.Err == nil {
			_, item.Err = item.Style.For(graph.Name, graph.SHA256)
		}
		if item.Err != nil {
			unfit = append(unfit, item.Name)
		} else {
			fit = append(fit, item.Name)
		}
	}
	return fit, unfit, err
}

func cameraFinding() finding {
	f := finding{Name: "camera", Status: without, Detail: "none found", Mend: "plug one in; until then: stylecam run --input demo"}
	for _, info := range v4l2.List() {
		switch {
		case errors.Is(info.Err, fs.ErrPermission):
			f.Detail = fmt.Sprintf("%s (%s) may not be opened", info.Path, info.Card)
			f.Mend = fmt.Sprintf("sudo usermod -aG video %s, then log in again", userName())
		case info.Err != nil:
			f.Detail, f.Mend = info.Err.Error(), "unplug it and plug it in again"
		case info.Camera():
			f = finding{Name: f.Name, Status: good, Detail: info.Path + ", " + info.Card}
			if holders := v4l2.Holders(info.Path); len(holders) > 0 {
				f.Detail += fmt.Sprintf("; %s (process %d) has it open", holders[0].Name, holders[0].PID)
			}
			return f
		}
	}
	return f
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "$USER"
}

func displayFinding() finding {
	if err := display(); err != nil {
		return finding{"display", without, err.Error(), "stylecam run --out FILE.mp4, or start it from a desktop"}
	}
	return finding{"display", good, os.Getenv("DISPLAY"), ""}
}

func virtualFinding() finding {
	f := finding{Name: "virtual camera", Status: without}
	const module = "/sys/module/v4l2loopback"
	if _, err := os.Stat(module); err != nil {
		f.Detail = "the module v4l2loopback is not loaded"
		f.Mend = "sudo modprobe v4l2loopback video_nr=9 card_label=stylecam exclusive_caps=1"
		if found, _ := filepath.Glob("/lib/modules/*/*/v4l2loopback.ko*"); len(found) == 0 {
			f.Mend = "sudo apt-get install v4l2loopback-dkms, then " + f.Mend
		}
		return f
	}
	version, _ := os.ReadFile(module + "/version")
	f.Detail = "v4l2loopback " + strings.TrimSpace(string(version))
	for _, info := range v4l2.List() {
		if info.Loopback() {
			f.Status = good
			f.Detail += ", " + info.Path
			return f
		}
	}
	f.Detail += " is loaded and has no device"
	f.Mend = "sudo modprobe -r v4l2loopback && sudo modprobe v4l2loopback video_nr=9 card_label=stylecam exclusive_caps=1"
	return f
}

func ffmpegFinding() finding {
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			return finding{"ffmpeg", without, tool + " is not there: videos are painted without their sound", "sudo apt-get install ffmpeg"}
		}
	}
	path, _ := exec.LookPath("ffmpeg")
	return finding{"ffmpeg", good, path, ""}
}

func (p *program) configFinding() finding {
	path := p.configFile()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return finding{"settings", good, "none kept at " + path, ""}
	}
	if err == nil {
		_, err = parseConfig(data)
	}
	if err != nil {
		return finding{"settings", without, path + ": " + oneLine(err), "stylecam config prints a good one"}
	}
	return finding{"settings", good, path, ""}
}
