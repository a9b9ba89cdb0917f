package main

import (
	"io"
	"os"
	"path/filepath"
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

// So are the command lines of the documents.
func TestDocumentsShowWhatThereIs(t *testing.T) {
	app := newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" }).app()
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range append(documents, "../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code := false
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "```") {
				code = !code
			}
			command, _, _ := strings.Cut(line, " #")
			if words := strings.Fields(command); code && len(words) > 1 && words[0] == "stylecam" {
				found++
				for part := range strings.SplitSeq(command, "|") {
					checkExample(t, app, strings.Fields(part))
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("found %d command lines in the documents", found)
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
