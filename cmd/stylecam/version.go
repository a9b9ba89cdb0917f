package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"strings"

	"stylecam/models"
)

// version is set by the Makefile: -ldflags "-X main.version=v1.2.3".
var version string

// programVersion is what the build was told, else what Go has noted of it: the
// module's version, or the commit it was built of.
func programVersion(build *debug.BuildInfo) string {
	switch {
	case version != "":
		return version
	case build == nil:
		return "unknown"
	case build.Main.Version != "" && build.Main.Version != "(devel)":
		return build.Main.Version
	}
	commit, dirty := "unknown", ""
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = fmt.Sprintf("%.12s", s.Value)
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	return commit + dirty
}

// versionText names the program and, by one hash over theirs, the networks it
// carries: what a report of a fault has to say.
func (p *program) versionText() string {
	build, _ := debug.ReadBuildInfo()
	program := programVersion(build)
	m, err := models.Builtin()
	if err != nil {
		return program + " (no networks: " + err.Error() + ")"
	}
	sum := sha256.New()
	for _, entry := range m.Models {
		fmt.Fprintln(sum, entry.SHA256)
	}
	return fmt.Sprintf("%s (networks %s %.12s)", program, strings.Join(m.Names(), ", "), hex.EncodeToString(sum.Sum(nil)))
}

func (p *program) printVersion() error {
	fmt.Fprintln(p.stdout, p.versionText())
	return nil
}
