package webrtc

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"strings"
	"testing"
)

func picture(t *testing.T, size int) string {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, size, size))); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func TestStylesComeAndGo(t *testing.T) {
	r := newRig(t, nil)
	good := picture(t, 64)
	bomb := []byte(picture(t, 16)) // that says it is of 60000x60000
	copy(bomb[16:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	for _, c := range []struct {
		what, method, path, body string
		want                     int
	}{
		{"add", "POST", "/api/styles?name=mine", good, 201},
		{"again", "POST", "/api/styles?name=mine", good, 409},
		{"preview", "GET", "/api/styles/mine/preview", "", 200},
		{"a path", "POST", "/api/styles?name=../../etc", good, 422},
		{"a dash at its end", "POST", "/api/styles?name=a-", good, 422},
		{"two dashes", "POST", "/api/styles?name=a--b", good, 422},
		{"too long", "POST", "/api/styles?name=" + strings.Repeat("a", mostName+1), good, 422},
		{"no name", "POST", "/api/styles", good, 422},
		{"text", "POST", "/api/styles?name=text", "hello", 422},
		{"nothing", "POST", "/api/styles?name=empty", "", 422},
		{"too small", "POST", "/api/styles?name=small", picture(t, 8), 422},
		{"huge", "POST", "/api/styles?name=huge", strings.Repeat("x", mostUpload+1), 413},
		{"remove", "DELETE", "/api/styles/mine", "", 204},
		{"remove again", "DELETE", "/api/styles/mine", "", 404},
		{"built in", "DELETE", "/api/styles/night", "", 403},
		{"in use", "DELETE", "/api/styles/waves", "", 409},
		{"no preview", "GET", "/api/styles/nobody/preview", "", 404},
		{"wrong method", "PUT", "/api/styles", "", 405},
	} {
		if res := r.do(c.method, c.path, c.body); res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d: %s", c.what, res.Status, c.want, text(res))
		}
	}
	if err := checkPicture(bomb); err == nil {
		t.Error("a picture of 60000x60000 was taken")
	}
	r.limits.uploads.SetBurst(0)
	if res := r.do("POST", "/api/styles?name=fast", good); res.StatusCode != 429 {
		t.Errorf("too fast: %s", res.Status)
	}
}

// Of several that send a picture under one name, one has it.
func TestStylesOfOneNameAtOnce(t *testing.T) {
	r := newRig(t, nil)
	good := picture(t, 64)
	const all = 8
	conns := make([]net.Conn, all)
	for i := range conns { // each passes the first check before any has sent its picture
		conns[i] = r.dial(fmt.Sprintf("POST /api/styles?name=mine HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(good)))
	}
	for _, conn := range conns { // which reading the body tells
		if _, err := io.ReadFull(conn, make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))); err != nil {
			t.Fatal(err)
		}
	}
	taken := 0
	for _, conn := range conns {
		if _, err := io.WriteString(conn, good); err != nil {
			t.Fatal(err)
		}
	}
	for _, conn := range conns {
		switch said := hungUp(t, "an upload", conn); {
		case strings.HasPrefix(said, "HTTP/1.1 201"):
			taken++
		case !strings.HasPrefix(said, "HTTP/1.1 409"):
			t.Errorf("answered %q", said)
		}
	}
	if taken != 1 {
		t.Errorf("%d of %d were taken", taken, all)
	}
}
