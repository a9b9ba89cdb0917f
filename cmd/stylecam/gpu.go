package main

import (
	"fmt"
	"strings"

	"stylecam/native"
)

// examineGPU looks at what computing on a GPU takes, for the build that suits the
// driver.
func examineGPU(system native.System) []finding {
	driver := system.Driver()
	build := native.Suited(driver)
	var findings []finding
	for _, part := range system.Examine(build) {
		f := finding{Name: part.Name, Status: good, Detail: part.Where}
		if part.Missing != "" {
			f.Status, f.Detail, f.Mend = missing, "missing: "+part.Missing, mendGPU(part.Name, system.Folder(build))
			if !part.Needed {
				f.Status = without
			}
		}
		findings = append(findings, f)
	}
	if newest := native.Builds[0]; build.CUDA != newest.CUDA {
		findings = append(findings, finding{"note", without,
			fmt.Sprintf("driver %s is older than %d, so CUDA %d with ONNX Runtime %s instead of CUDA %d with %s", driver.Version, newest.Driver,
				build.CUDA, build.ONNXRuntime, newest.CUDA, newest.ONNXRuntime),
			"update the driver, then: stylecam runtime install --gpu"})
	}
	return findings
}

func mendGPU(part string, f native.Folder) string {
	switch {
	case part == "nvidia driver":
		return fmt.Sprintf("sudo apt-get install nvidia-driver, of version %d or newer, and start the machine again", f.Build.Driver)
	case strings.HasPrefix(part, "tensorrt"):
		return "only for --provider tensorrt: sudo apt-get install libnvinfer10 libnvonnxparsers10, from NVIDIA's package source; or put its libraries into " + f.Path
	}
	return "stylecam runtime install --gpu"
}
