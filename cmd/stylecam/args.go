package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// permute puts a command line into the order that the flag package wants, which
// stops at the first word that is no flag: global flags, the command, its flags,
// its arguments. So flags may stand anywhere, as people type them:
//
//	stylecam image in.jpg out.jpg --style scream -v
//	stylecam -v image --style scream in.jpg out.jpg
//
// Words that no flag and no command explains are left to the parser to refuse.
func permute(app *cli.App, args []string) []string {
	if len(args) == 0 || args[len(args)-1] == "--generate-bash-completion" {
		return args
	}
	var global, path, local, words []string
	flags, commands := []cli.Flag(nil), app.Commands
	rest := args[1:]
	for len(rest) > 0 {
		arg := rest[0]
		if arg == "--" {
			words = append(words, rest...)
			break
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			rest = rest[1:]
			if command := find(commands, arg); command != nil && len(words) == 0 {
				path = append(path, arg)
				flags, commands = command.Flags, command.Subcommands
			} else {
				words = append(words, arg)
			}
			continue
		}
		name, _, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		n, to := 1, &local
		flag := findFlag(flags, name)
		if flag == nil {
			if flag = findFlag(app.Flags, name); flag != nil {
				to = &global
			}
		}
		if takesValue(flag) && !joined && len(rest) > 1 {
			n = 2
		}
		*to = append(*to, rest[:n]...)
		rest = rest[n:]
	}
	return slices.Concat(args[:1], global, path, local, words)
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	switch f := f.(type) {
	case nil, *cli.BoolFlag:
		return false
	case *cli.GenericFlag:
		boolean, ok := f.Value.(interface{ IsBoolFlag() bool })
		return !ok || !boolean.IsBoolFlag()
	}
	return true
}
