//go:build linux || darwin

package output

import (
	"path/filepath"
	"syscall"
)

// leastRoom is what a disk must have left for a video to go on: enough to write
// the index that makes it playable.
const leastRoom = 16 << 20

// room is ENOSPC where p's disk is all but full. A file system that does not tell
// is taken for empty.
func room(p *part) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(p.temp), &s); err != nil || s.Blocks == 0 {
		return nil
	}
	if uint64(s.Bavail)*uint64(s.Bsize) < leastRoom {
		return syscall.ENOSPC
	}
	return nil
}
