package v4l2

import (
	"bytes"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// LoopbackLoaded says whether the kernel has v4l2loopback in.
func LoopbackLoaded() bool {
	_, err := os.Stat("/sys/module/v4l2loopback")
	return err == nil
}

// LoadAdvice says how v4l2loopback gets into the kernel: by the given command,
// after installing it or enrolling its key where that is what is missing.
func LoadAdvice(load string) string {
	return advice(load, installed("/lib/modules"), secureBoot("/sys/firmware/efi/efivars"))
}

// installed looks for the module among those of the running kernel.
func installed(modules string) bool {
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		return false
	}
	list, err := os.ReadFile(filepath.Join(modules, unix.ByteSliceToString(system.Release[:]), "modules.dep"))
	return err == nil && bytes.Contains(list, []byte("/v4l2loopback.ko"))
}

func advice(load string, installed, secure bool) string {
	text := "load the module: " + load
	if !installed {
		text = "install and load the module: sudo apt install v4l2loopback-dkms && " + load
	}
	if secure {
		text += "; Secure Boot is on: if the key is rejected, enrol it (sudo mokutil --import /var/lib/dkms/mok.pub) and restart"
	}
	return text
}

// secureBoot reads the firmware's variable: four bytes of attributes, then 1 for on.
func secureBoot(vars string) bool {
	paths, _ := filepath.Glob(filepath.Join(vars, "SecureBoot-*"))
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil && len(b) == 5 && b[4] == 1 {
			return true
		}
	}
	return false
}
