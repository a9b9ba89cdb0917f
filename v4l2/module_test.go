package v4l2

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestModuleIsReadFromTheMachinesFiles(t *testing.T) {
	const (
		module   = "sys/module/v4l2loopback/"
		firmware = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	)
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		t.Fatal(err)
	}
	ours := "lib/modules/" + unix.ByteSliceToString(system.Release[:]) + "/modules.dep"
	for name, tt := range map[string]struct {
		files map[string]string
		want  Module
	}{
		"a machine without it":                 {nil, Module{}},
		"installed":                            {map[string]string{ours: "updates/dkms/v4l2loopback.ko.xz: kernel/videodev.ko\n"}, Module{Installed: true}},
		"another kernel's":                     {map[string]string{"lib/modules/0.0.1/modules.dep": "updates/dkms/v4l2loopback.ko:\n"}, Module{}},
		"others installed":                     {map[string]string{ours: "kernel/uvcvideo.ko:\n"}, Module{}},
		"loaded, exclusive":                    {map[string]string{module + "version": "0.13.2\n", module + "parameters/exclusive_caps": "Y,N,N\n"}, Module{Loaded: true, Version: "0.13.2", exclusive: "Y,N,N"}},
		"Secure Boot on":                       {map[string]string{firmware: "\x06\x00\x00\x00\x01"}, Module{SecureBoot: true}},
		"DKMS's key":                           {map[string]string{"var/lib/dkms/mok.pub": "key"}, Module{Key: "/var/lib/dkms/mok.pub"}},
		"Ubuntu's key":                         {map[string]string{"var/lib/dkms/mok.pub": "key", "var/lib/shim-signed/mok/MOK.der": "key"}, Module{Key: "/var/lib/shim-signed/mok/MOK.der"}},
		"Secure Boot off":                      {map[string]string{firmware: "\x06\x00\x00\x00\x00"}, Module{}},
		"a variable that is not what it is by": {map[string]string{firmware: "\x01"}, Module{}},
	} {
		root := t.TempDir()
		for path, content := range tt.files {
			write(t, root, path, content)
		}
		if got := ReadModule(root); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestExclusiveIsSaidOfEachDevice(t *testing.T) {
	m := Module{exclusive: "N,Y,N,N", numbers: "20,10,-1,-1"}
	for number, want := range map[int]bool{20: false, 10: true, 3: false} {
		if m.Exclusive(number) != want {
			t.Errorf("/dev/video%d: exclusive %t", number, !want)
		}
	}
	if !(Module{}).Exclusive(10) {
		t.Error("a module that does not tell is thought not to be")
	}
}

func TestAdviceNamesWhatIsMissing(t *testing.T) {
	for _, tt := range []struct {
		name      string
		m         Module
		want, not string
	}{
		{"not loaded", Module{Installed: true}, "load the module: modprobe it", "apt install"},
		{"not installed", Module{}, "apt install v4l2loopback-dkms && modprobe it", "Secure Boot"},
		{"Secure Boot", Module{Installed: true, SecureBoot: true}, "mokutil --import FILE", "apt install"},
		{"a key", Module{Installed: true, SecureBoot: true, Key: "/the/key"}, "mokutil --import /the/key)", "FILE"},
	} {
		got := tt.m.Advice("modprobe it")
		if !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}
