//go:build linux

package scripts_test

import (
	"os/exec"
	"strings"
	"testing"
)

// newGPU is a machine with a GPU on which a frame takes 10 ms, 4 of them in kernels,
// and nothing takes a second in kernels before the first. TensorRT is not there.
func newGPU(t *testing.T) *machine {
	m := newMachine(t)
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output() // itself, not a shim that wants more tools
	if err != nil {
		t.Skip("python3 is not there, which the script's sums are in: ", err)
	}
	m.tool("python3", "exec "+strings.TrimSpace(string(python))+` "$@"`)
	for _, tool := range []string{"cat", "head", "nproc"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		m.tool(tool, `exec `+path+` "$@"`)
	}
	m.tool("nvidia-smi", `echo 'NVIDIA RTX 0000, 580.1.2, 8192 MiB'`)
	m.tool("stylecam", `
[ "$1" = --version ] && { echo v1; exit; }
while [ $# -gt 0 ]; do case $1 in --frames) frames=$2 ;; --provider) provider=$2 ;; esac; shift; done
[ $provider = tensorrt ] && { echo 'stylecam: provider tensorrt: missing: a|b' >&2; exit 4; }
[ -n "${PROFILED:-}" ] && echo "$frames" >"$PROFILED"
echo '{"stages": {"mask": {"p50": 1.5}, "refine": {"p50": 0.25}, "paint": {"p50": 6}, "compose": {"p50": 2}, "filter": {"p50": 10}},
  "age_ms": {"p50": 12}, "model": "full", "fps": 60, "throughput_fps": 100}'`)
	m.tool("nsys", `
case $1 in
profile) while [ "$1" != bash ]; do shift; done; PROFILED=`+m.asks+` "$@" ;;
stats) printf 'Processing [run.sqlite] with [cuda_gpu_kern_sum.py]...\n\nTime (%%),Total Time (ns),Instances,Name\n60.0,1000000000,2,"once, <a, b>"\n40.0,%d,9,conv\n' $(($(cat `+m.asks+`) * 2 * 4000000)) ;;
esac`)
	return m
}

func table(t *testing.T, m *machine) string {
	t.Helper()
	out, complaint, ok := m.run([]string{"./gpu-table.sh", "--print"},
		"STYLECAM="+m.bin+"/stylecam", "SIZES=1280x720", "PRECISIONS=fp16", "QUALITIES=best")
	if !ok {
		t.Fatalf("complained %q", complaint)
	}
	return out
}

func TestTableOfAGPU(t *testing.T) {
	out := table(t, newGPU(t))
	for _, want := range []string{
		"GPU: NVIDIA RTX 0000, 580.1.2, 8192 MiB",
		"stylecam v1",
		"| 1280x720 | cpu | fp16 | best | full | 1.50 | 0.25 | 6.00 | 2.00 | 10.00 | – | 12.0 | 60.0 | 100.0 |",
		"| 1280x720 | cuda | fp16 | best | full | 1.50 | 0.25 | 6.00 | 2.00 | 10.00 | 60 % | 12.0 | 60.0 | 100.0 |",
		`| 1280x720 | tensorrt | fp16 | best | not run: provider tensorrt: missing: a\|b | | | | | | | | | |`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	for _, line := range strings.Split(out, "\n") {
		if n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); n != 0 && n != 15 {
			t.Errorf("%d bars, not 15: %s", n, line)
		}
	}
}

func TestTableWithoutAProfiler(t *testing.T) {
	m := newGPU(t)
	m.remove("nsys")
	out := table(t, m)
	for _, want := range []string{"nsys is not there", "| 1280x720 | cuda | fp16 | best | full | 1.50 | 0.25 | 6.00 | 2.00 | 10.00 | – | 12.0 "} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
}
