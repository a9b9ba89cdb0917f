package v4l2

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// JoinGroup is what lets a user open video devices.
const JoinGroup = "sudo usermod -aG video $USER, then log in again"

// Module is v4l2loopback as the running kernel has it.
type Module struct {
	Installed  bool // among the kernel's modules
	Loaded     bool
	Version    string // "" where it does not tell
	SecureBoot bool   // is on: a module needs a key that the firmware knows
	Key        string // the file of the key that modules built here are signed with; "" if none is there

	exclusive, numbers string // by device, in the module's own order: Y,N,… and 10,11,…
}

// keys are where DKMS keeps what it signs modules with: Ubuntu's place, then its own.
var keys = []string{"/var/lib/shim-signed/mok/MOK.der", "/var/lib/dkms/mok.pub"}

// ReadModule looks below root, "/" for this machine's own.
func ReadModule(root string) Module {
	loaded := filepath.Join(root, "sys/module/v4l2loopback")
	version, _ := os.ReadFile(filepath.Join(loaded, "version"))
	exclusive, _ := os.ReadFile(filepath.Join(loaded, "parameters/exclusive_caps"))
	numbers, _ := os.ReadFile(filepath.Join(loaded, "parameters/video_nr"))
	m := Module{
		Installed:  installed(filepath.Join(root, "lib/modules")),
		Version:    strings.TrimSpace(string(version)),
		SecureBoot: secureBoot(filepath.Join(root, "sys/firmware/efi/efivars")),
		exclusive:  strings.TrimSpace(string(exclusive)),
		numbers:    strings.TrimSpace(string(numbers)),
	}
	_, err := os.Stat(loaded)
	m.Loaded = err == nil
	for _, key := range slices.Backward(keys) {
		if _, err := os.Stat(filepath.Join(root, key)); err == nil {
			m.Key = key
		}
	}
	return m
}

// Exclusive says whether /dev/videoN is to readers a camera alone, as Chrome and
// Zoom want it. Of a number that the module was not told it says what the first has.
func (m Module) Exclusive(number int) bool {
	letters := strings.Split(m.exclusive, ",")
	i := slices.Index(strings.Split(m.numbers, ","), strconv.Itoa(number))
	if i < 0 || i >= len(letters) {
		i = 0
	}
	return letters[i] != "N"
}

// Advice says how the module gets into the kernel: by the given command, after
// installing it or enrolling its key where that is what is missing.
func (m Module) Advice(load string) string {
	text := "load the module: " + load
	if !m.Installed {
		text = "install and load the module: sudo apt install v4l2loopback-dkms && " + load
	}
	if m.SecureBoot {
		key := cmp.Or(m.Key, "FILE, where dkms says on installing it that the key is")
		text += "; Secure Boot is on: if the key is rejected, enrol it (sudo mokutil --import " + key + ") and restart"
	}
	return text
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
