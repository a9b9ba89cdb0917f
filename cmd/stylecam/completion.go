package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"
)

// The shells ask the program itself what may come next, with a last argument
// that cli knows.
const bashCompletion = `_stylecam() {
	local word=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]:0:COMP_CWORD}")
	[[ $word == -* ]] && words+=("$word")
	COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$word"))
}
complete -o bashdefault -o default -F _stylecam stylecam
`

const zshCompletion = `#compdef stylecam
_stylecam() {
	local -a next
	next=("${(@f)$(_CLI_ZSH_AUTOCOMPLETE_HACK=1 "${words[@]:0:$CURRENT}" --generate-bash-completion 2>/dev/null)}")
	if [[ -n ${next[1]} ]]; then _describe values next; else _files; fi
}
if [[ $funcstack[1] == _stylecam ]]; then # from fpath, for the word that is being completed
	_stylecam
else
	compdef _stylecam stylecam
fi
`

func (p *program) completionCommand() *cli.Command {
	return p.command(spec{
		name:     "completion",
		usage:    "print what lets a shell complete stylecam's words",
		args:     "SHELL",
		about:    "SHELL is bash, zsh or fish.",
		examples: []string{"stylecam completion bash > ~/.local/share/bash-completion/completions/stylecam", "stylecam completion fish > ~/.config/fish/completions/stylecam.fish"},
		run: func(_ context.Context, c *cli.Context) error {
			switch shell := c.Args().First(); shell {
			case "bash":
				fmt.Fprint(p.stdout, bashCompletion)
			case "zsh":
				fmt.Fprint(p.stdout, zshCompletion)
			case "fish":
				script, err := c.App.ToFishCompletion()
				if err != nil {
					return err
				}
				fmt.Fprint(p.stdout, script)
			default:
				return &usageError{fmt.Errorf("completion: %q is none of bash, zsh, fish", shell), "stylecam completion bash"}
			}
			return nil
		},
	})
}

func (p *program) manCommand() *cli.Command {
	return p.command(spec{
		name:     "man",
		usage:    "print the manual page",
		examples: []string{"stylecam man > stylecam.1 && man ./stylecam.1"},
		run: func(_ context.Context, c *cli.Context) error {
			page, err := c.App.ToManWithSection(1)
			if err != nil {
				return err
			}
			fmt.Fprint(p.stdout, page)
			return nil
		},
	})
}
