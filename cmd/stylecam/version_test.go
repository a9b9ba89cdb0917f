package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionWithoutTheMakefile(t *testing.T) {
	defer func(before string) { version = before }(version)
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "67fec22a1b2c3d4e5f60718293a4b5c6d7e8f901"}
	modified := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, c := range []struct {
		told  string
		build *debug.BuildInfo
		want  string
	}{
		{"v1.2.3", &debug.BuildInfo{Main: debug.Module{Version: "v1.0.0"}}, "v1.2.3"},
		{"", &debug.BuildInfo{Main: debug.Module{Version: "v1.0.0"}}, "v1.0.0"},
		{"", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{commit}}, "67fec22a1b2c"},
		{"", &debug.BuildInfo{Settings: []debug.BuildSetting{commit, modified}}, "67fec22a1b2c-dirty"},
		{"", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "unknown"},
		{"", nil, "unknown"},
	} {
		version = c.told
		if got := programVersion(c.build); got != c.want {
			t.Errorf("told %q, %+v: %q, want %q", c.told, c.build, got, c.want)
		}
	}
}
