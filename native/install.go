package native

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"stylecam/filter"
)

// Progress is how far an installation has come.
type Progress struct {
	Project     string // whose wheel is being fetched
	Done, Total int64  // bytes, of all wheels together
}

// Install brings a build's wheels into the cache. What is there and whole is not fetched again, so that an interrupted
// installation goes on with the wheel it was at. tell hears how it gets on, a few times a second.
func (s System) Install(ctx context.Context, b Build, tell func(Progress)) (Folder, error) {
	f := s.Folder(b)
	if s.Cache == "" {
		return f, fmt.Errorf("install %s: %w: no folder for it, neither HOME nor XDG_CACHE_HOME is set", b.Name, filter.ErrMissing)
	}
	if err := os.MkdirAll(f.Path, 0o755); err != nil {
		return f, fmt.Errorf("install %s: %w", b.Name, err)
	}
	leave, err := f.enter()
	if err != nil {
		return f, fmt.Errorf("install %s: %w", b.Name, err)
	}
	defer leave()
	var p Progress
	for _, w := range b.Wheels {
		p.Total += w.Bytes
	}
	for _, w := range b.Wheels {
		p.Project = w.Project
		if !f.verified(w) {
			if err := f.install(ctx, w, func(got int64) { at := p; at.Done += min(got, w.Bytes); tell(at) }); err != nil {
				return f, fmt.Errorf("install %s: %s %s: %w", b.Name, w.Project, w.Version, err)
			}
		}
		p.Done += w.Bytes
	}
	tell(p)
	return f, nil
}

// download is how the folders of what is being fetched begin.
const download = ".download-"

// enter has the folder to itself until leave is called, or the process ends, however that happens: what lies there of
// downloads was left by one that was killed, some of a gigabyte, and is removed. A file system without locks, as some
// networks' are, is left as it is.
func (f Folder) enter() (leave func(), err error) {
	folder, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	leave = func() { _ = folder.Close() } // which unlocks it
	switch err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		leave()
		return nil, fmt.Errorf("%w: another installation is at work in %s; let it end", filter.ErrMissing, f.Path)
	case err != nil:
		return leave, nil
	}
	entries, err := folder.ReadDir(-1)
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), download) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(f.Path, entry.Name())))
		}
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// install fetches one wheel and unpacks what is wanted of it. Until the receipt is
// written nothing counts; what a failure leaves is removed.
func (f Folder) install(ctx context.Context, w Wheel, tell func(int64)) (err error) {
	beside, err := os.MkdirTemp(f.Path, download) // on the cache's own disk, so that Rename is one
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(beside)) }()
	file, err := fetch(ctx, w, beside, tell)
	if err != nil {
		return err
	}
	switch sum, err := sha256Of(file); {
	case err != nil:
		return err
	case sum != w.SHA256:
		return fmt.Errorf("%w: came with the sha256 %.12s…, not %.12s…; not used", filter.ErrInput, sum, w.SHA256)
	}
	files, err := unpack(file, w.Files, beside)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Rename(filepath.Join(beside, file.Name), filepath.Join(f.Path, file.Name)); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(receipt{path.Base(file), w.SHA256, files}, "", "  ")
	if err != nil {
		return err
	}
	note := filepath.Join(beside, "receipt")
	if err := os.WriteFile(note, text, 0o644); err != nil {
		return err
	}
	return os.Rename(note, f.receiptPath(w))
}

// pips are the ways to call the package installer, the first that answers is taken.
var pips = [][]string{{"pip"}, {"pip3"}, {"python3", "-m", "pip"}}

func pip(ctx context.Context) ([]string, error) {
	for _, words := range pips {
		if exec.CommandContext(ctx, words[0], slices.Concat(words[1:], []string{"--version"})...).Run() == nil {
			return words, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: pip is not there: sudo apt-get install python3-pip", filter.ErrMissing)
}

// fetch has pip download a wheel, by whatever index, mirror or proxy pip is set up
// for, and returns its path. Pip itself refuses another file than the pinned one.
func fetch(ctx context.Context, w Wheel, folder string, tell func(int64)) (string, error) {
	words, err := pip(ctx)
	if err != nil {
		return "", err
	}
	wish := filepath.Join(folder, "wish.txt")
	if err := os.WriteFile(wish, fmt.Appendf(nil, "%s==%s --hash=sha256:%s\n", w.Project, w.Version, w.SHA256), 0o644); err != nil {
		return "", err
	}
	args := slices.Concat(words[1:], []string{"download", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-deps", "--only-binary=:all:",
		"--implementation", "cp", "--python-version", "3.12", "--require-hashes", "--requirement", wish, "--dest", folder})
	for _, platform := range platforms {
		args = append(args, "--platform", platform)
	}
	command := exec.CommandContext(ctx, words[0], args...)
	// Pip writes to its folder for temporary files first: there its progress is seen.
	command.Env = append(os.Environ(), "TMPDIR="+folder)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = 5 * time.Second
	var said strings.Builder
	command.Stdout, command.Stderr = &said, &said
	stop := watch(folder, tell)
	err = command.Run()
	if told := stop(); told != nil {
		return "", told
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("pip: %s; is the network up? The same command again goes on here", lastError(said.String(), err))
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.whl"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("pip left %d wheels, not one", len(found))
	}
	return found[0], nil
}

// lastError is the last line that pip calls an error, without that word.
func lastError(output string, err error) string {
	last := err.Error()
	for line := range strings.Lines(output) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "ERROR: "); ok {
			last = strings.TrimSuffix(text, ".")
		}
	}
	return last
}

// watch tells the size of a folder until it is stopped.
func watch(folder string, tell func(int64)) (stop func() error) {
	quit, watched := make(chan struct{}), make(chan error, 1)
	go func() {
		watched <- filter.Guard(func() error {
			tick := time.NewTicker(200 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					tell(sizeOf(folder))
				case <-quit:
					return nil
				}
			}
		})
	}()
	return func() error { close(quit); return <-watched }
}

// sizeOf adds up the files below a folder. Files come and go meanwhile.
func sizeOf(folder string) (n int64) {
	_ = filepath.WalkDir(folder, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n
}

// unpack takes the files with the given base names out of a wheel, all into one
// folder. Each name must be there.
func unpack(wheel string, names []string, folder string) ([]fileRecord, error) {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	members := make(map[string]*zip.File)
	for _, member := range archive.File {
		members[path.Base(member.Name)] = member
	}
	var files []fileRecord
	for _, name := range names {
		member := members[name]
		if member == nil {
			return nil, fmt.Errorf("%w: holds no %s", filter.ErrInput, name)
		}
		to := filepath.Join(folder, name)
		if err := extract(member, to); err != nil {
			return nil, err
		}
		sum, err := sha256Of(to)
		if err != nil {
			return nil, err
		}
		files = append(files, fileRecord{name, int64(member.UncompressedSize64), sum})
	}
	return files, nil
}

func extract(member *zip.File, to string) (err error) {
	from, err := member.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = io.Copy(file, from)
	return err
}
