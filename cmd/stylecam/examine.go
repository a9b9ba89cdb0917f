package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"stylecam/models"
	"stylecam/output/window"
)

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
	styles := p.collection()
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

func (p *program) displayFinding() finding {
	if err := window.Check(p.getenv); err != nil {
		return finding{"display", without, oneLine(err), "start it from a desktop"}
	}
	return finding{"display", good, p.getenv("DISPLAY"), ""}
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
