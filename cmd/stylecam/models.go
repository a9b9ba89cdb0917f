package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"stylecam/models"
)

func (p *program) modelsCommand() *cli.Command {
	return p.group("models", "the networks that come with the program",
		p.command(spec{
			name:     "list",
			usage:    "list the networks: size, working sizes, data, licence",
			examples: []string{"stylecam models list", "stylecam models list --json"},
			run: func(context.Context, *cli.Context) error {
				m, err := models.Builtin()
				if err != nil {
					return err
				}
				if p.json {
					return p.printJSON(m.Models)
				}
				t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, "MODEL\tGRAPH\tVERSION\tKIB\tWORKS AT\tLICENCE\tSHA256")
				for _, entry := range m.Models {
					fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%.12s\n", entry.Name, entry.Graph, entry.Version, entry.Bytes/1024, sizes(entry.Sizes), entry.Licence, entry.SHA256)
				}
				return t.Flush()
			},
		}),
		p.command(spec{
			name:     "verify",
			usage:    "check every network against the sha256 of its manifest",
			args:     "[FOLDER]",
			about:    "FOLDER holds a manifest.json and graphs; without it, those in the program are checked.",
			examples: []string{"stylecam models verify", "stylecam models verify models"},
			run: func(_ context.Context, c *cli.Context) error {
				m, err := models.Builtin()
				if folder := c.Args().First(); folder != "" {
					if m, err = models.Open(os.DirFS(folder)); err != nil {
						err = fmt.Errorf("%s: %w", folder, err)
					}
				}
				if err != nil {
					return err
				}
				return p.verify(m)
			},
		}),
	)
}

// verify takes every graph, which checks it.
func (p *program) verify(m *models.Manifest) error {
	type result struct {
		Model string `json:"model"`
		Graph string `json:"graph"`
		Fault string `json:"fault,omitempty"`
	}
	var results []result
	var errs []error
	for _, entry := range m.Models {
		r := result{Model: entry.Name, Graph: entry.Graph}
		if _, err := m.Take(entry); err != nil {
			errs = append(errs, err)
			r.Fault = err.Error()
		} else if !p.json {
			fmt.Fprintf(p.stdout, "%s %s: good\n", entry.Name, entry.Graph)
		}
		results = append(results, r)
	}
	if p.json {
		if err := p.printJSON(results); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// sizes tells heights and widths as people name them, width first.
func sizes(all [][2]int) string {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = fmt.Sprintf("%dx%d", s[1], s[0])
	}
	return strings.Join(texts, " ")
}
