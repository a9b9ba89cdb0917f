package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/urfave/cli/v2"

	"stylecam/spelling"
)

// configFile is where the settings are kept: ~/.config/stylecam/config.toml, or
// below $XDG_CONFIG_HOME.
func (p *program) configFile() string {
	dir := p.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // a relative one is to be ignored, says the specification
		dir = filepath.Join(p.getenv("HOME"), ".config")
	}
	return filepath.Join(dir, "stylecam", "config.toml")
}

// loadSaved takes the file's settings and, over them, the environment's, except
// for what the command line has set. A bad saved value is warned of and left at
// what it was: it must never keep the camera from starting.
func (p *program) loadSaved(onCommandLine func(name string) bool) {
	options := p.settings.all()
	saved := p.readConfig()
	for _, key := range slices.Sorted(maps.Keys(saved)) { // so that warnings come in one order
		value := saved[key]
		option := findOption(options, key)
		if option == nil {
			p.log.Warn("unknown setting, ignored", "key", key, "file", p.configFile(), "nearest", spelling.Nearest(key, optionNames(options)))
			continue
		}
		if onCommandLine(key) {
			continue
		}
		if err := setSaved(option, value); err != nil {
			p.log.Warn("bad saved setting, left at its default", "key", key, "file", p.configFile(), "err", oneLine(err), "default", option.Value.String())
			p.refused[key] = true
			continue
		}
		p.saved[key] = p.configFile()
	}
	for _, option := range options {
		name := envName(option.Name)
		text := p.getenv(name)
		if text == "" || onCommandLine(option.Name) {
			continue
		}
		if err := setSaved(option, []string{text}); err != nil {
			p.log.Warn("bad setting in the environment, ignored", "variable", name, "err", oneLine(err))
			p.refused[option.Name] = true
			continue
		}
		p.saved[option.Name] = name
	}
}

// optionError is a failure that one option's value is to blame for.
type optionError struct {
	option string
	err    error
}

func (e *optionError) Error() string { return e.err.Error() }
func (e *optionError) Unwrap() error { return e.err }

// blame names the option at fault; nil stays nil.
func blame(option string, err error) error {
	if err == nil {
		return nil
	}
	return &optionError{option, err}
}

// forget puts the option that an error blames back to its default, with a warning,
// if it was saved: the program cannot start with it. It tells whether it did.
func (p *program) forget(because error) bool {
	var blamed *optionError
	if !errors.As(because, &blamed) || p.saved[blamed.option] == "" {
		return false
	}
	defaults := defaultSettings()
	option, original := findOption(p.settings.all(), blamed.option), findOption(defaults.all(), blamed.option)
	p.log.Warn("a saved setting does not work, its default instead", "key", option.Name, "from", p.saved[option.Name], "err", oneLine(because))
	delete(p.saved, option.Name)
	if l, ok := option.Value.(list); ok {
		l.clear()
		return true
	}
	return option.Value.Set(original.Value.String()) == nil // a default is what Set reads: a test says so
}

// envName is the variable that sets an option: STYLECAM_PERSON_STYLE for
// person-style.
func envName(option string) string {
	return "STYLECAM_" + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
}

// readConfig returns the file's keys with their values as text. A file that
// cannot be read or parsed counts as empty, and is warned of.
func (p *program) readConfig() map[string][]string {
	data, err := os.ReadFile(p.configFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		var values map[string][]string
		if values, err = parseConfig(data); err == nil {
			return values
		}
	}
	p.log.Warn("cannot use the settings file, defaults instead; `stylecam config` prints a good one", "file", p.configFile(), "err", oneLine(err))
	return nil
}

// parseConfig reads TOML: `key = value`, where a value is a text, a number, a
// truth, or a list of those.
func parseConfig(data []byte) (map[string][]string, error) {
	var raw map[string]any
	if err := toml.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	values := make(map[string][]string, len(raw))
	for key, value := range raw {
		items, isList := value.([]any)
		if !isList {
			items = []any{value}
		}
		texts := make([]string, len(items))
		for i, item := range items {
			switch item := item.(type) {
			case string, int64, float64, bool:
				texts[i] = fmt.Sprint(item)
			default:
				return nil, fmt.Errorf("%s is neither a text, a number, true or false, nor a list of those", key)
			}
		}
		values[key] = texts
	}
	return values, nil
}

// setSaved sets an option to what was saved: each item of a list where it may be
// given more than once, else the items joined, so that background = [1, 0.8] means
// "1,0.8". On an error the option is as before.
func setSaved(option *cli.GenericFlag, texts []string) error {
	l, repeatable := option.Value.(list)
	if !repeatable {
		return option.Value.Set(strings.Join(texts, ","))
	}
	before := *l.field
	l.clear()
	for _, text := range texts {
		if err := l.Set(text); err != nil {
			*l.field = before
			return err
		}
	}
	return nil
}

func findOption(options []*cli.GenericFlag, name string) *cli.GenericFlag {
	i := slices.IndexFunc(options, func(f *cli.GenericFlag) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return options[i]
}

func optionNames(options []*cli.GenericFlag) []string {
	names := make([]string, len(options))
	for i, option := range options {
		names[i] = option.Name
	}
	return names
}

func (p *program) configCommand() *cli.Command {
	return p.command(spec{
		name:  "config",
		usage: "print the effective settings as a settings file",
		about: "What it prints can be kept as ~/.config/stylecam/config.toml; what is at its\ndefault is commented out.",
		examples: []string{
			"stylecam config",
			"stylecam config --style scream --smoothing steady > config.toml",
		},
		flags: flags(p.settings.all()),
		run: func(context.Context, *cli.Context) error {
			if p.json {
				return p.printJSON(p.settings.values())
			}
			defaults := defaultSettings()
			return writeConfig(p.stdout, p.configFile(), p.settings.all(), defaults.all())
		},
	})
}

// values maps each option's name to its text.
func (s *settings) values() map[string]string {
	values := make(map[string]string)
	for _, option := range s.all() {
		values[option.Name] = option.Value.String()
	}
	return values
}

// writeConfig prints options as a settings file that, read again, gives the same.
func writeConfig(w io.Writer, path string, options, defaults []*cli.GenericFlag) error {
	fmt.Fprintf(w, "# stylecam's settings. Kept at %s;\n# the environment (STYLECAM_NAME) and the command line go before it.\n", path)
	for i, option := range options {
		usage := strings.ReplaceAll(option.Usage, "`", "")
		fmt.Fprintf(w, "\n# %s\n", usage)
		text := option.Value.String()
		if text == defaults[i].Value.String() {
			fmt.Fprint(w, "# ")
		}
		var value any = text
		if l, ok := option.Value.(list); ok {
			value = *l.field
			if *l.field == nil {
				value = []string{}
			}
		}
		var line bytes.Buffer
		if err := toml.NewEncoder(&line).Encode(map[string]any{option.Name: value}); err != nil {
			return err
		}
		w.Write(line.Bytes())
	}
	return nil
}
