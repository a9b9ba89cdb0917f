package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// What the kernel knows of this process. Elsewhere than on Linux the answers are
// zero, and left out of reports.

// peakMemory is the most memory that was resident at once, in bytes.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib * 1024
		}
	}
	return 0
}

// sinceStart is the time since the kernel started this process, which counts the
// loading of its libraries as well; within ten milliseconds.
func sinceStart() time.Duration {
	const ticksPerSecond = 100 // USER_HZ, the same on every Linux
	stat, err1 := os.ReadFile("/proc/self/stat")
	uptime, err2 := os.ReadFile("/proc/uptime")
	if err1 != nil || err2 != nil {
		return 0
	}
	// The second field is a name in parentheses that may hold anything; the time
	// of the start is the 22nd, so the 20th after it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 {
		return 0
	}
	started, err1 := strconv.ParseFloat(fields[19], 64)
	now, err2 := strconv.ParseFloat(strings.Fields(string(uptime))[0], 64)
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration((now - started/ticksPerSecond) * float64(time.Second))
}
