package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"stylecam/spelling"
)

// program is one invocation: its streams, its settings, and what its commands
// share. Tests make one with streams of their own.
type program struct {
	name   string // as it was typed, for what to type next
	stdin  io.Reader
	stdout *resultWriter // results alone; everything told to a person goes to stderr
	stderr io.Writer
	getenv func(string) string

	verbose, quiet, json bool

	log      *slog.Logger
	settings settings
	saved    map[string]string // options that the file or the environment has set, and which of them
	refused  map[string]bool   // that one of them has set to what cannot be meant
}

func newProgram(name string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) *program {
	return &program{
		name:     name,
		stdin:    stdin,
		stdout:   &resultWriter{w: stdout},
		stderr:   stderr,
		getenv:   getenv,
		log:      slog.New(slog.DiscardHandler),
		settings: defaultSettings(),
		saved:    make(map[string]string),
		refused:  make(map[string]bool),
	}
}

func (p *program) app() *cli.App {
	return &cli.App{
		Name:  "stylecam",
		Usage: "a webcam filter that paints you live and keeps you recognisable",
		Description: `Options may stand anywhere after the command. They may also be kept in
~/.config/stylecam/config.toml (` + "`stylecam config`" + ` prints one) or in STYLECAM_NAME.

Exit status: 0 done; 1 failed while working; 2 wrong usage; 3 bad input (file,
picture, video, style); 4 something missing (library, camera, model,
permission: ` + "`stylecam doctor`" + ` tells what, and what mends it); 130 interrupted.`,
		Version:              p.versionText(),
		Writer:               p.stdout,
		ErrWriter:            p.stderr,
		HideHelpCommand:      true, // ours knows the nearest word
		EnableBashCompletion: true,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print the result for machines, on standard output", Destination: &p.json},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "tell what happens meanwhile", Destination: &p.verbose},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "tell errors alone", Destination: &p.quiet},
			&cli.BoolFlag{Name: "version", Usage: "print the version", Destination: new(bool)},
			cli.HelpFlag, // cli adds it with its own help command alone
		},
		HideVersion:    true, // cli's own would take -v
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return &usageError{tidy(err), "stylecam run --style scream"}
		},
		Action:   p.noCommand,
		Commands: p.commands(),
	}
}

func (p *program) commands() []*cli.Command {
	return []*cli.Command{
		p.runCommand(),
		p.imageCommand(),
		p.videoCommand(),
		p.maskCommand(),
		p.stylesCommand(),
		p.modelsCommand(),
		p.runtimeCommand(),
		p.devicesCommand(),
		p.doctorCommand(),
		p.benchCommand(),
		p.configCommand(),
		p.completionCommand(),
		p.manCommand(),
		p.helpCommand(),
	}
}

// noCommand is what runs when no command was recognised.
func (p *program) noCommand(c *cli.Context) error {
	switch {
	case c.Bool("version"):
		return p.printVersion()
	case !c.Args().Present():
		return cli.ShowAppHelp(c)
	}
	return unknownCommand(c.Args().First(), c.App.Commands, "stylecam help")
}

func unknownCommand(typed string, commands []*cli.Command, example string) error {
	name := typed[strings.LastIndexByte(typed, ' ')+1:]
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	err := fmt.Errorf("there is no command %q", typed)
	if near := spelling.Nearest(name, names); near != "" {
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return &usageError{err, example}
}

// spec is a command as its file defines it; command makes cli's of it.
type spec struct {
	name, usage string
	args        string // its arguments by name, those that may be left out in brackets
	about       string // paragraphs below the usage
	examples    []string
	flags       []cli.Flag
	hidden      bool
	run         func(ctx context.Context, c *cli.Context) error
}

// command gives a command what all of them share: help with examples, usage
// errors that show one, its arguments counted, settings loaded before it runs.
func (p *program) command(s spec) *cli.Command {
	usageErr := func(err error) error { return &usageError{fmt.Errorf("%s: %w", s.name, err), s.examples[0]} }
	return &cli.Command{
		Name:            s.name,
		Usage:           s.usage,
		ArgsUsage:       s.args,
		Description:     strings.TrimSpace(s.about + "\n\nExamples:\n  " + strings.Join(s.examples, "\n  ")),
		Flags:           s.flags,
		Hidden:          s.hidden,
		HideHelpCommand: true,
		OnUsageError:    func(_ *cli.Context, err error, _ bool) error { return usageErr(tidy(err)) },
		Action: func(c *cli.Context) error {
			if c.Bool("version") {
				return p.printVersion()
			}
			if err := checkArgs(s.args, c.Args().Slice()); err != nil {
				return usageErr(err)
			}
			p.log = p.logger()
			p.loadSaved(c.IsSet)
			return s.run(c.Context, c)
		},
	}
}

// group is a command that has commands of its own.
func (p *program) group(name, usage string, commands ...*cli.Command) *cli.Command {
	example := "stylecam " + name + " " + commands[0].Name
	return &cli.Command{
		Name:            name,
		Usage:           usage,
		Subcommands:     commands,
		HideHelpCommand: true,
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return &usageError{fmt.Errorf("%s: %w", name, tidy(err)), example}
		},
		Action: func(c *cli.Context) error {
			switch {
			case c.Bool("version"):
				return p.printVersion()
			case !c.Args().Present():
				return cli.ShowSubcommandHelp(c)
			}
			return unknownCommand(name+" "+c.Args().First(), commands, example)
		},
	}
}

// checkArgs compares the arguments given with those named, like "IN OUT" or
// "[NAME]"; a last name that ends in "..." takes any number.
func checkArgs(named string, given []string) error {
	names := strings.Fields(named)
	required := 0
	for _, name := range names {
		if !strings.HasPrefix(name, "[") {
			required++
		}
	}
	switch missing := names[min(len(given), required):required]; len(missing) {
	case 0:
	case 1:
		return fmt.Errorf("%s is missing", missing[0])
	default:
		return fmt.Errorf("%s are missing", strings.Join(missing, " and "))
	}
	if len(given) > len(names) && !strings.HasSuffix(strings.Trim(named, "[]"), "...") {
		return fmt.Errorf("%q is one argument too many", given[len(names)])
	}
	return nil
}

// The flag package's words for a bad value, which tell it twice.
var badValue = regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-([a-z-]+): (.*)$`)

// tidy says what the flag package said as stylecam would.
func tidy(err error) error {
	if m := badValue.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("--%s: %s", m[2], m[3])
	}
	text := err.Error()
	text = strings.Replace(text, "flag provided but not defined: -", "there is no option --", 1)
	text = strings.Replace(text, "flag needs an argument: -", "a value is missing after --", 1)
	return fmt.Errorf("%s", text)
}

// logger writes to stderr: warnings, with -v everything, with --quiet errors alone.
func (p *program) logger() *slog.Logger {
	level := slog.LevelWarn
	switch {
	case p.verbose:
		level = slog.LevelDebug
	case p.quiet:
		level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: level}))
}

// tell says something to the person at the terminal, unless --quiet.
func (p *program) tell(format string, args ...any) {
	if !p.quiet {
		fmt.Fprintf(p.stderr, format+"\n", args...)
	}
}

func (p *program) printJSON(v any) error {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
