package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"stylecam/models"
	"stylecam/output"
	"stylecam/style"
)

func (p *program) stylesCommand() *cli.Command {
	return p.group("styles", "list the styles, add your own",
		p.stylesList(), p.stylesShow(), p.stylesAdd(), p.stylesRemove(), p.stylesPreview(), p.stylesBuild())
}

// collection is the styles that come with the program, and the user's.
func (p *program) collection() *style.Collection {
	return style.NewCollection(models.Styles(), style.Folder())
}

// styleInfo is a style in the words of --json.
type styleInfo struct {
	Name    string   `json:"name"`
	Builtin bool     `json:"builtin"`
	Artist  string   `json:"artist,omitempty"`
	Title   string   `json:"title,omitempty"`
	Year    string   `json:"year,omitempty"`
	Licence string   `json:"licence,omitempty"`
	Models  []string `json:"models,omitempty"`
	Fault   string   `json:"fault,omitempty"`
}

func newStyleInfo(name string, s *style.Style) styleInfo {
	info := styleInfo{Name: name}
	if s == nil {
		return info
	}
	info.Artist, info.Title, info.Year, info.Licence = s.Artist, s.Title, s.Year, s.Licence
	for _, section := range s.Sections {
		info.Models = append(info.Models, section.Model)
	}
	return info
}

func (p *program) stylesList() *cli.Command {
	return p.command(spec{
		name:     "list",
		usage:    "list the styles: built in, and added",
		examples: []string{"stylecam styles list", "stylecam styles list --json"},
		run: func(context.Context, *cli.Context) error {
			styles := p.collection()
			items, err := styles.List()
			if err != nil {
				return err
			}
			infos := make([]styleInfo, len(items))
			for i, item := range items {
				infos[i] = newStyleInfo(item.Name, item.Style)
				infos[i].Builtin = item.Builtin
				if item.Err != nil {
					infos[i].Fault = item.Err.Error()
				}
			}
			if p.json {
				return p.printJSON(infos)
			}
			t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "NAME\tARTIST\tTITLE\tYEAR\t")
			for _, info := range infos {
				note := info.Fault
				if note == "" && !info.Builtin {
					note = "added"
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", info.Name, info.Artist, info.Title, info.Year, note)
			}
			return t.Flush()
		},
	})
}

func (p *program) stylesShow() *cli.Command {
	return p.command(spec{
		name:     "show",
		usage:    "tell all that is known of a style",
		args:     "NAME",
		examples: []string{"stylecam styles show scream"},
		run: func(_ context.Context, c *cli.Context) error {
			styles := p.collection()
			s, err := styles.Get(c.Args().First())
			if err != nil {
				return err
			}
			info := newStyleInfo(s.Name, s)
			if p.json {
				return p.printJSON(info)
			}
			t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
			for _, line := range [][2]string{
				{"name", info.Name}, {"artist", info.Artist}, {"title", info.Title}, {"year", info.Year}, {"licence", info.Licence},
			} {
				if line[1] != "" {
					fmt.Fprintf(t, "%s\t%s\n", line[0], line[1])
				}
			}
			for _, section := range s.Sections {
				fmt.Fprintf(t, "made for\t%s, encoder %.12s, %d tokens\n", section.Model, section.Digest, section.Tensors.Tokens)
			}
			fmt.Fprintf(t, "preview\t%d bytes\n", len(s.Preview))
			return t.Flush()
		},
	})
}

func (p *program) stylesAdd() *cli.Command {
	var s style.Style
	return p.command(spec{
		name:  "add",
		usage: "make a style of a picture, and keep it",
		args:  "FILE",
		about: "FILE is any picture, of which the middle counts, or a .style file. Without --name the\nstyle is called after the file. With it, one of that name that was added before is\nreplaced.",
		examples: []string{
			"stylecam styles add painting.jpg --name my-painting",
			`stylecam styles add wave.png --artist "Katsushika Hokusai" --title "The Great Wave" --year 1831 --licence "public domain"`,
		},
		flags: append(flags(p.settings.machine()),
			&cli.StringFlag{Name: "name", Usage: "call it `NAME`, of lower case letters, digits and hyphens", Destination: &s.Name},
			&cli.StringFlag{Name: "artist", Usage: "who painted it, `TEXT`", Destination: &s.Artist},
			&cli.StringFlag{Name: "title", Usage: "what the painting is called, `TEXT`", Destination: &s.Title},
			&cli.StringFlag{Name: "year", Usage: "when it was painted, `TEXT`", Destination: &s.Year},
			&cli.StringFlag{Name: "licence", Usage: "on what terms it may be used, `TEXT`", Destination: &s.Licence}),
		run: func(ctx context.Context, c *cli.Context) error {
			file := c.Args().First()
			if s.Name == "" {
				name, err := p.nameAfter(file)
				if err != nil {
					return &usageError{err, "stylecam styles add painting.jpg --name my-painting"}
				}
				s.Name = name
			}
			e, err := p.openEngine(ctx, use{still: true})
			if err != nil {
				return err
			}
			defer e.Close()
			made, err := e.makeStyle(ctx, file, s)
			if err != nil {
				return err
			}
			path, err := e.gallery.collection.Add(made)
			if err != nil {
				return err
			}
			if p.json {
				return p.printJSON(map[string]string{"name": made.Name, "file": path})
			}
			p.tell("added %s as %s\nuse it: %s run --style %s", file, path, p.name, made.Name)
			return nil
		},
	})
}

// nameAfter names a style after its file, but never takes a name that the user has
// given already: two files may come out as one name.
func (p *program) nameAfter(file string) (string, error) {
	name := style.Slug(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)))
	if name == "" {
		return "", fmt.Errorf("%s: has no letter from a to z and no digit, of which a style's name is; give it a name: --name", file)
	}
	styles := p.collection()
	names, err := styles.Names()
	if err != nil {
		return "", err
	}
	if slices.Contains(names, name) && !styles.IsBuiltin(name) {
		return "", fmt.Errorf("%s: there is a style %q already; give it a name: --name, or --name %s to replace that one", file, name, name)
	}
	return name, nil
}

func (p *program) stylesRemove() *cli.Command {
	return p.command(spec{
		name:     "remove",
		usage:    "forget a style that was added",
		args:     "NAME",
		examples: []string{"stylecam styles remove my-painting"},
		run: func(_ context.Context, c *cli.Context) error {
			name := c.Args().First()
			styles := p.collection()
			if err := styles.Remove(name); err != nil {
				return err
			}
			if p.json {
				return p.printJSON(map[string]string{"name": name})
			}
			p.tell("removed %s", name)
			return nil
		},
	})
}

func (p *program) stylesPreview() *cli.Command {
	return p.command(spec{
		name:     "preview",
		usage:    "write a style's preview, the demo's portrait painted in it, as a JPEG",
		args:     "NAME OUT",
		about:    "OUT is a file, or - for standard output.",
		examples: []string{"stylecam styles preview scream scream.jpg"},
		run: func(_ context.Context, c *cli.Context) error {
			styles := p.collection()
			s, err := styles.Get(c.Args().First())
			if err != nil {
				return err
			}
			if len(s.Preview) == 0 {
				return fmt.Errorf("style %q has no preview; make it again: stylecam styles add PICTURE --name %s", s.Name, s.Name)
			}
			out := c.Args().Get(1)
			if out == "-" {
				_, err := p.stdout.Write(s.Preview)
				return err
			}
			return output.WriteFile(out, func(w io.Writer) error {
				_, err := w.Write(s.Preview)
				return err
			})
		},
	})
}
