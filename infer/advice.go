package infer

import "regexp"

// advices say what mends a provider that does not work, by the words of the library,
// CUDA or the dynamic linker. The first that fits is given.
var advices = []struct {
	words *regexp.Regexp
	mend  string
}{
	{regexp.MustCompile(`libcuda\.so\.1: cannot open|no CUDA-capable device|CUDA failure 100\b|CUDA failure 999\b`),
		"install NVIDIA's driver, or look at it with `nvidia-smi`"},
	{regexp.MustCompile(`driver version is insufficient|CUDA failure 35\b`),
		"update NVIDIA's driver, or run `stylecam runtime install --gpu`, which chooses the CUDA that suits it"},
	{regexp.MustCompile(`libnv(infer|onnxparser)\S*: cannot open`),
		"install TensorRT 10 (NVIDIA's packages libnvinfer10 and libnvonnxparsers10), or take --provider cuda"},
	{regexp.MustCompile(`not enabled in this build|lib(cu|nv)\S*: cannot open|providers_\w+\.so(: cannot open| with error)|(?i)cudnn.*(not found|could not load|unable to load|cannot load)`),
		"run `stylecam runtime install --gpu`"},
	{regexp.MustCompile(`(?i)out of memory|CUDA failure 2\b|failed to allocate`),
		"close what else uses the GPU, or take --quality fast"},
	{regexp.MustCompile(`no kernel image is available|CUDA failure 209\b|ARCH_MISMATCH`),
		"this GPU is older than the build; take --provider cpu"},
	{regexp.MustCompile(`setInputShape|TensorRT compiled nothing`),
		"take --provider cuda, which computes everything at every size"},
}

// advice is what to do about an error of a provider, given the library's words.
func advice(words string) string {
	for _, a := range advices {
		if a.words.MatchString(words) {
			return a.mend
		}
	}
	return "see `stylecam doctor --gpu`"
}

// reason is an error of a provider in words, and what to do about it.
func reason(err error) string {
	words := inWords(err)
	return words + ": " + advice(words)
}
