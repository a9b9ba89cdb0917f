package main

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// helpCommand is COMMAND --help under the name that people try first.
func (p *program) helpCommand() *cli.Command {
	return p.command(spec{
		name:     "help",
		usage:    "tell of stylecam, or of one command",
		args:     "[COMMAND...]",
		examples: []string{"stylecam help", "stylecam help run", "stylecam help styles add"},
		run: func(ctx context.Context, c *cli.Context) error {
			words, commands := c.Args().Slice(), c.App.Commands
			for i, word := range words {
				command := find(commands, word)
				if command == nil {
					return unknownCommand(strings.Join(words[:i+1], " "), commands, "stylecam help run")
				}
				commands = command.Subcommands
			}
			return c.App.RunContext(ctx, slices.Concat([]string{c.App.Name}, words, []string{"--help"}))
		},
	})
}
