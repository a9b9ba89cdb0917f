package style

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stylecam/filter"
	"stylecam/spelling"
)

const extension = ".style"

// Collection finds styles by name: those that come with the program, and the
// user's own in a folder. Files are read when asked for, so that a style that
// another process adds is there at once.
type Collection struct {
	builtin fs.FS
	folder  string
}

// NewCollection returns the styles of builtin and of the user's folder, which need
// not exist yet; "" is for a user who can have none.
func NewCollection(builtin fs.FS, folder string) *Collection {
	return &Collection{builtin, folder}
}

// Folder is where the user's styles are kept: $XDG_DATA_HOME/stylecam/styles, by
// default below ~/.local/share; "" where there is no home, as for some services.
func Folder() string {
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "stylecam", "styles")
}

// Item is one style of the collection's list.
type Item struct {
	Name    string
	Builtin bool
	Style   *Style // nil if Err tells why
	Err     error
}

// List reads every style: first those that come with the program, then the
// user's, each by name. A file that is no style is listed with its error.
func (c *Collection) List() ([]Item, error) {
	var items []Item
	names, err := c.names()
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		s, err := c.read(n)
		items = append(items, Item{n.name, n.builtin, s, err})
	}
	return items, nil
}

// Names lists the names, in List's order.
func (c *Collection) Names() ([]string, error) {
	names, err := c.names()
	if err != nil {
		return nil, err
	}
	return plain(names), nil
}

func plain(names []named) []string {
	plain := make([]string, len(names))
	for i, n := range names {
		plain[i] = n.name
	}
	return plain
}

// Get returns the style of a name. Of an unknown one the error tells the nearest.
func (c *Collection) Get(name string) (*Style, error) {
	n, err := c.find(name)
	if err != nil {
		return nil, err
	}
	return c.read(n)
}

// Add keeps s among the user's styles, in the place of one of its name, and
// returns the file.
func (c *Collection) Add(s *Style) (path string, err error) {
	if err := validateName(s.Name); err != nil {
		return "", err
	}
	if c.IsBuiltin(s.Name) {
		return "", fmt.Errorf("style %q comes with the program; give yours another name: %w", s.Name, filter.ErrInput)
	}
	if c.folder == "" {
		return "", fmt.Errorf("style %q: no home folder to keep it in; set HOME or XDG_DATA_HOME: %w", s.Name, filter.ErrMissing)
	}
	if err := os.MkdirAll(c.folder, 0o755); err != nil {
		return "", fmt.Errorf("style %q: %w", s.Name, err)
	}
	path = filepath.Join(c.folder, s.Name+extension)
	if err := write(path, s); err != nil {
		return "", fmt.Errorf("style %q: %w", s.Name, err)
	}
	return path, nil
}

// Remove deletes one of the user's styles.
func (c *Collection) Remove(name string) error {
	n, err := c.find(name)
	if err != nil {
		return err
	}
	if n.builtin {
		return fmt.Errorf("style %q comes with the program and stays: %w", name, filter.ErrInput)
	}
	return os.Remove(filepath.Join(c.folder, name+extension))
}

// named is where a name leads.
type named struct {
	name    string
	builtin bool
}

// IsBuiltin tells whether the style of that name comes with the program.
func (c *Collection) IsBuiltin(name string) bool {
	_, err := fs.Stat(c.builtin, name+extension)
	return err == nil
}

func (c *Collection) find(name string) (named, error) {
	names, err := c.names()
	if err != nil {
		return named{}, err
	}
	for _, n := range names {
		if n.name == name {
			return n, nil
		}
	}
	hint := "see: stylecam styles list"
	if near := spelling.Nearest(name, plain(names)); near != "" {
		hint = fmt.Sprintf("did you mean %s? (%s)", near, hint)
	}
	return named{}, fmt.Errorf("there is no style %q; %s: %w", name, hint, filter.ErrInput)
}

func (c *Collection) names() ([]named, error) {
	names, err := stems(c.builtin)
	if err != nil {
		return nil, fmt.Errorf("styles: %w", err)
	}
	var all []named
	for _, name := range names {
		all = append(all, named{name, true})
	}
	if c.folder == "" {
		return all, nil
	}
	own, err := stems(os.DirFS(c.folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("styles: %w", err)
	}
	for _, name := range own {
		if !slices.Contains(names, name) { // a later release may bring a name that the user had taken
			all = append(all, named{name, false})
		}
	}
	return all, nil
}

func (c *Collection) read(n named) (s *Style, err error) {
	if n.builtin {
		var file []byte
		if file, err = fs.ReadFile(c.builtin, n.name+extension); err == nil {
			s, err = Decode(file)
		}
		if err != nil {
			return nil, fmt.Errorf("style %q: %w", n.name, err)
		}
	} else if s, err = Read(filepath.Join(c.folder, n.name+extension)); err != nil {
		return nil, err
	}
	s.Name = n.name // of a file that was copied, the new one
	return s, nil
}

// stems lists the names of a folder's .style files, sorted.
func stems(folder fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok && !e.IsDir() && validateName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}
