// Package stylecam_test holds the rules of the house, as tests: who may import
// whom, what stands behind cgo, and that documents keep what they promise.
package stylecam_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers is what each package may import of this module. A frame flows from
// capture to output; imports point from the command line inwards, never back.
var layers = map[string][]string{
	"frame":          {},
	"card":           {"frame"},
	"y4m":            {"frame"},
	"v4l2":           {},
	"models":         {"filter"}, // the kinds of error, here and below
	"spelling":       {},
	"style":          {"spelling", "models", "filter"},
	"blend":          {"frame"},
	"blend/mats":     {},
	"native":         {"filter"},
	"infer":          {"native", "models", "style", "filter"},
	"filter":         {"frame"},
	"resample":       {},
	"device":         {"blend", "infer", "models", "resample", "style", "filter"},
	"paint":          {"device", "blend", "infer", "style", "filter", "frame"},
	"capture":        {"capture/camera", "blend", "card", "y4m", "v4l2", "filter", "frame"},
	"capture/camera": {"v4l2", "filter", "frame"},
	"output":         {"blend", "card", "y4m", "filter", "frame"},
	"output/window":  {"blend", "card", "output", "filter", "frame"},
	"output/v4l2":    {"v4l2", "y4m", "card", "filter", "frame"},
	"webrtc":         {"webrtc/i420", "card", "filter", "frame"},
	"webrtc/vp8":     {"webrtc/i420"},
	"webrtc/h264":    {"webrtc/i420"},
	"webrtc/i420":    {"frame"},
	"scripts":        {},
	"cmd/stylecam":   nil, // wires everything
}

// behind says who alone may import a library that comes with cgo or a device.
var behind = map[string][]string{
	"gocv.io/x/gocv":                  {"blend", "blend/mats", "capture", "output", "output/window"},
	"github.com/yalue/onnxruntime_go": {"infer"},
	"github.com/urfave/cli/v2":        {"cmd/stylecam"},
}

func TestImportsPointInwards(t *testing.T) {
	for dir, files := range sources(t) {
		allowed, known := layers[dir]
		if !known && hasCode(files) && dir != "." {
			t.Errorf("%s is in no layer: add it to layers, and to docs/design.md", dir)
			continue
		}
		for name, file := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, spec := range file.Imports {
				path := strings.Trim(spec.Path.Value, `"`)
				if inner, ok := strings.CutPrefix(path, "stylecam/"); ok && allowed != nil && !slices.Contains(allowed, inner) {
					t.Errorf("%s imports %s; %s may import %v", filepath.Join(dir, name), path, dir, allowed)
				}
				if users, ok := behind[path]; ok && !slices.Contains(users, dir) {
					t.Errorf("%s imports %s, which stands behind %v", filepath.Join(dir, name), path, users)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for dir, files := range sources(t) {
		if !hasCode(files) {
			continue
		}
		documented := false
		for _, f := range files {
			documented = documented || f.Doc != nil
		}
		if !documented {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

// unguarded are the goroutines that do without filter.Guard.
var unguarded = []string{
	"endOnSignals", // only waits
}

// A panic in a goroutine would end the program with pages on the screen and files
// half-written: each turns it into an error, by itself or in the function it runs.
func TestEveryGoroutineIsGuarded(t *testing.T) {
	found := 0
	for dir, files := range sources(t) {
		bodies := make(map[string]*ast.BlockStmt)
		for _, file := range files {
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					bodies[f.Name.Name] = f.Body
				}
			}
		}
		for name, file := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				started := startedBy(n)
				if started == nil {
					return true
				}
				found++
				body, function := bodies[nameOf(started)], nameOf(started)
				if literal, ok := started.(*ast.FuncLit); ok {
					body = literal.Body
				}
				if !slices.Contains(unguarded, function) && (body == nil || !calls(body, "Guard")) {
					t.Errorf("%s starts a goroutine %s without filter.Guard", filepath.Join(dir, name), function)
				}
				return true
			})
		}
	}
	if found < 10 {
		t.Errorf("only %d goroutines were found", found)
	}
}

// startedBy is the function that a node starts a goroutine with: go f(), group.Go(f),
// time.AfterFunc(d, f) or context.AfterFunc(ctx, f).
func startedBy(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.GoStmt:
		return n.Call.Fun
	case *ast.CallExpr:
		switch name := nameOf(n.Fun); {
		case name == "Go" && len(n.Args) == 1:
			return n.Args[0]
		case name == "AfterFunc" && len(n.Args) == 2:
			return n.Args[1]
		}
	}
	return nil
}

// calls tells whether a function of that name is called within a node.
func calls(within ast.Node, name string) (found bool) {
	ast.Inspect(within, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && nameOf(call.Fun) == name
		return !found
	})
	return found
}

// nameOf is the last part of a name like f or x.f.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

var link = regexp.MustCompile(`\]\(([^)#:]+)\)|src="([^":]+)"`)

func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	walk(t, func(path string) {
		if filepath.Ext(path) != ".md" {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target := filepath.Join(filepath.Dir(path), m[1]+m[2])
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1]+m[2])
			}
		}
	})
}

var makeCall = regexp.MustCompile("`?make ([a-z][a-z-]+)")

func TestMakeTargetsInDocumentsExist(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	walk(t, func(path string) {
		if filepath.Ext(path) != ".md" {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			// Prose says "make sure"; commands stand in code.
			if !strings.Contains(line, "`make ") && !strings.HasPrefix(strings.TrimSpace(line), "make ") {
				continue
			}
			for _, m := range makeCall.FindAllStringSubmatch(line, -1) {
				if !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
					t.Errorf("%s speaks of `make %s`, which is no target", path, m[1])
				}
			}
		}
	})
}

// sources parses every Go file, by folder.
func sources(t *testing.T) map[string]map[string]*ast.File {
	t.Helper()
	dirs := make(map[string]map[string]*ast.File)
	walk(t, func(path string) {
		if filepath.Ext(path) != ".go" {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if dirs[dir] == nil {
			dirs[dir] = make(map[string]*ast.File)
		}
		dirs[dir][filepath.Base(path)] = file
	})
	return dirs
}

func hasCode(files map[string]*ast.File) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(files)), func(name string) bool {
		return !strings.HasSuffix(name, "_test.go")
	})
}

// walk visits the files of the project, without what git ignores.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "bin", "out", "work", ".venv", "node_modules", "testdata"}, d.Name()) {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
