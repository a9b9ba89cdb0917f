package main

import (
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"stylecam/filter"
	"stylecam/style"
)

func (p *program) stylesBuild() *cli.Command {
	out := filepath.Join("models", "styles")
	return p.command(spec{
		name:   "build",
		usage:  "make the styles that come with the program",
		args:   "CSV PAINTINGS",
		hidden: true,
		about: `CSV names the paintings, in the folder PAINTINGS, that become styles; its first line is
file,name,artist,title,year,licence. What --out held before of other styles goes.`,
		examples: []string{"stylecam styles build models/styles.csv paintings"},
		flags: append(flags(p.settings.machine()),
			&cli.StringFlag{Name: "out", Usage: "write the .style files to `FOLDER`", Value: out, Destination: &out}),
		run: func(ctx context.Context, c *cli.Context) error {
			list, err := os.Open(c.Args().First())
			if err != nil {
				return fmt.Errorf("%w: %w", filter.ErrInput, err)
			}
			defer list.Close()
			rows, err := readStyles(list)
			if err != nil {
				return fmt.Errorf("%s: %w: %w", c.Args().First(), filter.ErrInput, err)
			}
			e, err := p.openEngine(ctx, use{still: true})
			if err != nil {
				return err
			}
			defer e.Close()
			return p.build(ctx, e, rows, c.Args().Get(1), out)
		},
	})
}

// painting is one line of the list.
type painting struct {
	file  string
	style style.Style
}

var columns = []string{"file", "name", "artist", "title", "year", "licence"}

func readStyles(r io.Reader) ([]painting, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns) {
		return nil, fmt.Errorf("the first line is not %s", strings.Join(columns, ","))
	}
	var paintings []painting
	for _, row := range rows[1:] {
		paintings = append(paintings, painting{row[0], style.Style{
			Name: row[1], Artist: row[2], Title: row[3], Year: row[4], Licence: row[5],
		}})
	}
	return paintings, nil
}

// build makes every style before it touches the folder, so that a fault in the
// last painting leaves the old ones whole.
func (p *program) build(ctx context.Context, e *engine, paintings []painting, from, out string) error {
	made := make(map[string]*style.Style)
	for _, painting := range paintings {
		s, err := e.makeStyle(ctx, filepath.Join(from, painting.file), painting.style)
		if err != nil {
			return err
		}
		if made[s.Name] != nil {
			return fmt.Errorf("%w: two paintings are called %s", filter.ErrInput, s.Name)
		}
		made[s.Name] = s
		p.tell("%-28s %s, %s", s.Name, s.Artist, s.Title)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(out, "*.style"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if made[strings.TrimSuffix(filepath.Base(path), ".style")] == nil {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	folder := style.NewCollection(embed.FS{}, out)
	for _, s := range made {
		if _, err := folder.Add(s); err != nil {
			return err
		}
	}
	return nil
}
