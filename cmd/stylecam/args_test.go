package main

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestPermute(t *testing.T) {
	mirror, style := new(bool), new(string)
	app := &cli.App{
		Flags: []cli.Flag{&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}}},
		Commands: []*cli.Command{
			{Name: "image", Flags: []cli.Flag{
				flagOf("style", "", style, anyText, asIs),
				flagOf("mirror", "", mirror, parseBool, nil),
			}},
			{Name: "styles", Subcommands: []*cli.Command{{Name: "add", Flags: []cli.Flag{flagOf("name", "", style, anyText, asIs)}}}},
		},
	}
	for _, test := range []struct{ typed, want string }{
		{"image in out --style scream -v", "-v image --style scream in out"},
		{"-v image --mirror in out", "-v image --mirror in out"},
		{"image in --style=scream out", "image --style=scream in out"},
		{"image - - --mirror", "image --mirror - -"},
		{"image --style -1 in", "image --style -1 in"},
		{"image in --style", "image --style in"},
		{"image -- --style -v", "image -- --style -v"},
		{"image image styles", "image image styles"},
		{"styles add f.jpg --name x", "styles add --name x f.jpg"},
		{"image in --nonsense out", "image --nonsense in out"},
		{"image --he --generate-bash-completion", "image --he --generate-bash-completion"},
		{"", ""},
	} {
		args := append([]string{"stylecam"}, strings.Fields(test.typed)...)
		if got := strings.Join(permute(app, args)[1:], " "); got != test.want {
			t.Errorf("permute(%q) = %q, want %q", test.typed, got, test.want)
		}
	}
}
