package main

import (
	"io"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// Every command says what it does and shows how, and what it shows is a command
// line that it takes.
func TestEveryCommandShowsHow(t *testing.T) {
	app := newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" }).app()
	for _, c := range leaves(app.Commands) {
		if c.Usage == "" || strings.HasSuffix(c.Usage, ".") {
			t.Errorf("%s: usage %q is no phrase", c.Name, c.Usage)
		}
		_, examples, _ := strings.Cut(c.Description, "Examples:\n")
		if examples == "" {
			t.Errorf("%s shows no example", c.Name)
		}
		for example := range strings.Lines(examples) {
			for part := range strings.SplitSeq(example, "|") {
				checkExample(t, app, strings.Fields(part))
			}
		}
		for _, f := range c.Flags {
			if doc, ok := f.(cli.DocGenerationFlag); ok && doc.GetUsage() == "" {
				t.Errorf("%s --%s says nothing", c.Name, f.Names()[0])
			}
		}
	}
}

func leaves(commands []*cli.Command) []*cli.Command {
	var all []*cli.Command
	for _, c := range commands {
		if len(c.Subcommands) > 0 {
			all = append(all, leaves(c.Subcommands)...)
		} else {
			all = append(all, c)
		}
	}
	return all
}

// checkExample looks for a command and its flags among those that there are.
func checkExample(t *testing.T, app *cli.App, words []string) {
	t.Helper()
	if len(words) == 0 || words[0] != "stylecam" {
		return // the other end of a pipe
	}
	commands, flags := app.Commands, app.Flags
	for _, word := range words[1:] {
		if word == "<" || word == ">" || word == "&&" {
			return
		}
		if c := find(commands, word); c != nil {
			commands, flags = c.Subcommands, append(flags, c.Flags...)
		} else if name, ok := strings.CutPrefix(word, "--"); ok && findFlag(flags, name) == nil {
			t.Errorf("%q: there is no option --%s", strings.Join(words, " "), name)
		}
	}
	if len(commands) > 0 {
		t.Errorf("%q names no command", strings.Join(words, " "))
	}
}
