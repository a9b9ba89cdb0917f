package output

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// What lies beside a file in the making has a longer name than the file, and lies
// beside it whatever that is.
func TestNamesOfAnyLength(t *testing.T) {
	for _, name := range []string{
		strings.Repeat("n", 251) + ".y4m",
		strings.Repeat("ä", 125) + ".y4m",
		"n." + strings.Repeat("e", 253),
		".y4m",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		err := WriteFile(path, func(w io.Writer) error {
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 || !utf8.ValidString(entries[0].Name()) {
				t.Errorf("in the making the folder holds %v, %v; want one file of a whole name", entries, err)
			}
			_, err = io.WriteString(w, "whole")
			return err
		})
		if err != nil {
			t.Error(err)
			continue
		}
		holds(t, dir, name)
		if content, err := os.ReadFile(path); err != nil || string(content) != "whole" {
			t.Errorf("%d bytes of name: %q, %v", len(name), content, err)
		}
	}
}
