package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// addSound has ffmpeg lay the source's sound under the finished pictures, neither
// of them encoded anew where the container takes the sound as it is. The file
// stays as it was, with a note, where that fails: pictures without sound are
// better than none.
func (v *Video) addSound() {
	source := "file:" + v.opts.Sound // whatever its name: no protocol, no option
	delay, has, err := soundOf(source)
	switch {
	case err != nil:
		v.note("no sound: %v", err)
		return
	case !has:
		return
	}
	mixed, f, err := newPart(v.part.path)
	if err != nil {
		v.note("no sound: %v", err)
		return
	}
	f.Close()
	seconds := float64(v.frames) / v.opts.fps()
	for _, codec := range []string{"copy", "aac"} { // aac for what the container refuses, like a film's pcm
		_, err = tool("ffmpeg", "-y", "-i", v.part.temp,
			"-itsoffset", decimal(delay), "-i", source,
			"-map", "0:v", "-map", "1:a:0", "-c:v", "copy", "-c:a", codec,
			"-t", decimal(seconds), mixed.temp)
		if err == nil {
			break
		}
	}
	if err == nil {
		err = os.Rename(mixed.temp, v.part.temp)
	}
	if err != nil {
		mixed.discard()
		v.note("no sound: %v", err)
	}
}

// soundOf tells whether a file has sound, and by how many seconds it is to be
// delayed so that it stays with pictures that begin at zero.
func soundOf(path string) (delay float64, has bool, err error) {
	out, err := tool("ffprobe", "-show_entries", "format=start_time:stream=codec_type,start_time:stream_disposition=attached_pic", "-of", "json", path)
	if err != nil {
		return 0, false, err
	}
	var probe struct {
		Format struct {
			Start string `json:"start_time"`
		} `json:"format"`
		Streams []struct {
			Kind  string `json:"codec_type"`
			Start string `json:"start_time"`
			As    struct {
				Cover int `json:"attached_pic"` // 1: a picture of the film, not its pictures
			} `json:"disposition"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(out, &probe); err != nil {
		return 0, false, fmt.Errorf("ffprobe: %w", err)
	}
	// ffmpeg moves a file's beginning to zero; its pictures may begin later than
	// that. What cannot be parsed ("N/A") is zero.
	begin, _ := strconv.ParseFloat(probe.Format.Start, 64)
	pictures, found := begin, false
	for _, s := range probe.Streams {
		at, err := strconv.ParseFloat(s.Start, 64)
		switch {
		case s.Kind == "audio":
			has = true
		case s.Kind == "video" && s.As.Cover == 0 && !found: // the first is what is painted
			found = true
			if err == nil {
				pictures = at
			}
		}
	}
	return begin - pictures, has, nil
}

// tool runs ffmpeg or ffprobe, which come together.
func tool(name string, args ...string) ([]byte, error) {
	if _, err := exec.LookPath(name); err != nil {
		return nil, fmt.Errorf("%s is not installed; get it with: apt install ffmpeg", name)
	}
	cmd := exec.Command(name, append([]string{"-v", "error"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours to deal with
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		last := strings.TrimSpace(complaint.String())
		return nil, fmt.Errorf("%s: %w: %s", name, err, last[strings.LastIndexByte(last, '\n')+1:])
	}
	return out, nil
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
