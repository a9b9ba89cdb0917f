package v4l2

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Info describes one video device of the machine.
type Info struct {
	Path   string   // /dev/videoN
	Number int      // N
	Names  []string // links that stay when the number changes: /dev/v4l/by-id/…, by-path/…
	Capability
	Err error // why the device could not be asked; then Card is known, and whether it is a loopback
}

// Loopback says whether the device is one of v4l2loopback's: a virtual camera.
func (i Info) Loopback() bool { return i.Driver == LoopbackDriver }

// Camera says whether frames can be had from it that are not a program's own, or
// perhaps: one that could not be asked still is a camera, and opening it tells why.
func (i Info) Camera() bool { return !i.Loopback() && (i.Captures || i.Err != nil) }

// List returns the machine's video devices in the order of their numbers. What
// neither captures nor outputs (metadata of a camera) is left out.
func List() []Info { return list("/sys/class/video4linux", "/dev", ask) }

func ask(path string) (Capability, error) {
	d, err := Open(path)
	if err != nil {
		return Capability{}, err
	}
	defer d.Close()
	return d.Capability()
}

func list(class, dev string, ask func(path string) (Capability, error)) []Info {
	links := stableNames(filepath.Join(dev, "v4l"))
	nodes, err := filepath.Glob(filepath.Join(class, "video*"))
	if err != nil || len(nodes) == 0 { // in a container /dev may have what /sys lacks
		nodes, _ = filepath.Glob(filepath.Join(dev, "video*"))
	}
	var all []Info
	for _, node := range nodes {
		name := filepath.Base(node)
		number, err := strconv.Atoi(strings.TrimPrefix(name, "video"))
		if err != nil {
			continue
		}
		i := Info{Path: filepath.Join(dev, name), Number: number}
		i.Names = links[i.Path]
		if i.Capability, i.Err = ask(i.Path); i.Err != nil {
			card, _ := os.ReadFile(filepath.Join(node, "name"))
			i.Card = strings.TrimSpace(string(card))
			if real, err := filepath.EvalSymlinks(node); err == nil && strings.Contains(real, "/devices/virtual/") {
				i.Driver = LoopbackDriver // what has no hardware below it
			}
		}
		if i.Err != nil || i.Captures || i.Outputs || i.Loopback() {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b Info) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// stableNames maps devices to the links that udev keeps for them, by-id first.
func stableNames(root string) map[string][]string {
	names := make(map[string][]string)
	for _, kind := range []string{"by-id", "by-path"} {
		links, _ := filepath.Glob(filepath.Join(root, kind, "*"))
		for _, link := range links {
			if device, err := filepath.EvalSymlinks(link); err == nil {
				names[device] = append(names[device], link)
			}
		}
	}
	return names
}

// Process is one that has a device open.
type Process struct {
	PID  int
	Name string
}

func (p Process) String() string { return fmt.Sprintf("%s (process %d)", p.Name, p.PID) }

// Processes are several, none for a device that nobody has open.
type Processes []Process

func (all Processes) String() string {
	var names []string
	for _, p := range all {
		names = append(names, p.String())
	}
	return strings.Join(names, ", ")
}

// Holders returns the other processes that have the device open, as far as this
// user may look: those of other users stay unseen, except to root.
func Holders(path string) Processes { return holders("/proc", path, os.Getpid()) }

func holders(proc, path string, self int) Processes {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	entries, _ := os.ReadDir(proc)
	var all Processes
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == self || !opens(filepath.Join(proc, e.Name(), "fd"), path) {
			continue
		}
		name, _ := os.ReadFile(filepath.Join(proc, e.Name(), "comm"))
		all = append(all, Process{pid, strings.TrimSpace(string(name))})
	}
	return all
}

func opens(fds, path string) bool {
	entries, _ := os.ReadDir(fds)
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		target, err := os.Readlink(filepath.Join(fds, e.Name()))
		return err == nil && target == path
	})
}

// Busy says whether an error means that somebody else has the device.
func Busy(err error) bool { return errors.Is(err, unix.EBUSY) }

// Gone says whether an error means that the device is no longer there.
func Gone(err error) bool {
	return errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENOENT)
}
