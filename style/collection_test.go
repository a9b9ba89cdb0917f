package style

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"stylecam/filter"
	"stylecam/models"
)

func collection(t *testing.T) (*Collection, string) {
	t.Helper()
	builtin := fstest.MapFS{
		"README.md":          {Data: []byte("no style")},
		"starry-night.style": {Data: encoded(t, starry())},
		"great-wave.style":   {Data: encoded(t, starry())},
	}
	folder := filepath.Join(t.TempDir(), "stylecam", "styles")
	return NewCollection(builtin, folder), folder
}

func TestCollectionKeepsTheUsersStyles(t *testing.T) {
	c, folder := collection(t)
	names := func(want ...string) {
		t.Helper()
		got, err := c.Names()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	names("great-wave", "starry-night")

	mine := starry()
	mine.Name, mine.Title = "my-cat", "The Cat"
	path, err := c.Add(mine)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(folder, "my-cat.style"); path != want {
		t.Errorf("kept in %s, not in %s", path, want)
	}
	names("great-wave", "starry-night", "my-cat")
	got, err := c.Get("my-cat")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mine, got); diff != "" {
		t.Error(diff)
	}

	mine.Title = "The Other Cat"
	if _, err := c.Add(mine); err != nil {
		t.Errorf("made again: %v", err)
	}
	if got, err := c.Get("my-cat"); err != nil || got.Title != "The Other Cat" {
		t.Errorf("after it was made again: %v, %v", got, err)
	}

	if err := c.Remove("my-cat"); err != nil {
		t.Fatal(err)
	}
	names("great-wave", "starry-night")
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBuiltinStylesStay(t *testing.T) {
	c, folder := collection(t)
	if _, err := c.Add(starry()); !errors.Is(err, filter.ErrInput) {
		t.Errorf("Add: error is %v", err)
	}
	if err := c.Remove("starry-night"); !errors.Is(err, filter.ErrInput) {
		t.Errorf("Remove: error is %v", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the user's folder was made for nothing: %v", err)
	}
}

func TestUnknownNameGetsTheNearest(t *testing.T) {
	c, _ := collection(t)
	for name, says := range map[string]string{
		"stary-night": "did you mean starry-night?",
		"Great-Wave":  "did you mean great-wave?",
		"zzz":         "see: stylecam styles list",
		"":            "see: stylecam styles list",
		"../etc":      "see: stylecam styles list",
	} {
		_, err := c.Get(name)
		if !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error is %v, should say %q", name, err, says)
		}
	}
	if _, err := c.Get("zzz"); strings.Contains(err.Error(), "did you mean") {
		t.Errorf("nothing is like zzz, yet: %v", err)
	}
}

func TestListTellsWhatIsBroken(t *testing.T) {
	c, folder := collection(t)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"letter.style":       []byte("Dear Theo"),
		"copy.style":         encoded(t, starry()),
		"starry-night.style": []byte("shadowed by the one that comes with the program"),
		"Not A Name.style":   encoded(t, starry()),
		".half.style.new":    []byte("left by a killed process"),
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	items, err := c.List()
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Name        string
		Builtin, OK bool
	}
	var got []line
	for _, i := range items {
		got = append(got, line{i.Name, i.Builtin, i.Err == nil})
		if i.Err == nil && i.Style.Name != i.Name {
			t.Errorf("%q calls itself %q", i.Name, i.Style.Name)
		}
	}
	want := []line{{"great-wave", true, true}, {"starry-night", true, true}, {"copy", false, true}, {"letter", false, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAddLeavesNothingHalfWritten(t *testing.T) {
	c, folder := collection(t)
	bad := starry()
	bad.Name, bad.Sections = "bad", nil
	if _, err := c.Add(bad); !errors.Is(err, filter.ErrInput) {
		t.Errorf("error is %v", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFolderFollowsXDG(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/data")
	if got := Folder(); got != "/data/stylecam/styles" {
		t.Errorf("got %q", got)
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "/home/me")
	if got := Folder(); got != "/home/me/.local/share/stylecam/styles" {
		t.Errorf("got %q", got)
	}
	t.Setenv("HOME", "")
	if got := Folder(); got != "" {
		t.Errorf("got %q", got)
	}
}

// Whoever has no home has the styles that come with the program, and can add none.
func TestNoFolder(t *testing.T) {
	c, _ := collection(t)
	c = NewCollection(c.builtin, "")
	if names, err := c.Names(); err != nil || len(names) != 2 {
		t.Errorf("names %q, %v", names, err)
	}
	mine := starry()
	mine.Name = "my-cat"
	if _, err := c.Add(mine); !errors.Is(err, filter.ErrMissing) {
		t.Errorf("added: %v", err)
	}
}

// A style belongs to the encoder that made it: whoever brings another one makes the
// styles again (make styles).
func TestBuiltinStylesFitTheBuiltinModel(t *testing.T) {
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := m.Graph(models.Lite, models.SANetStyle)
	if err != nil {
		t.Fatal(err)
	}
	items, err := NewCollection(models.Styles(), t.TempDir()).List()
	if err != nil {
		t.Fatal(err)
	}
	if len(items) < 12 {
		t.Errorf("%d styles come with the program, not a dozen", len(items))
	}
	for _, item := range items {
		if item.Err != nil {
			t.Error(item.Err)
			continue
		}
		s := item.Style
		if _, err := s.For(models.Lite, encoder.SHA256); err != nil {
			t.Error(err)
		}
		if s.Artist == "" || s.Title == "" || s.Year == "" || s.Licence == "" || len(s.Preview) == 0 {
			t.Errorf("%s does not tell its origin: %q, %q, %q, %q, a preview of %d bytes", s.Name, s.Artist, s.Title, s.Year, s.Licence, len(s.Preview))
		}
	}
}
