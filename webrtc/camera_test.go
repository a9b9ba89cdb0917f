package webrtc

import (
	"net/http"
	"testing"

	"github.com/pion/webrtc/v4"
)

func TestBrowserIsTheCamera(t *testing.T) {
	r := newRig(t, nil)
	source, err := r.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	// next reads until a frame of that width comes: 320 is the card's.
	next := func(what string, width int) {
		t.Helper()
		eventually(t, what, func() bool {
			f, err := source.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer f.Release()
			return f.Width == width
		})
	}
	next("the card, before anybody publishes", 320)
	c, stop := publish(t, r)
	defer stop()
	for range 10 {
		next("the camera's picture", 64)
	}
	second := newClient(t, func(pc *webrtc.PeerConnection) { show(pc) })
	if res := r.do("POST", "/whip", second.offer(), "Content-Type: application/sdp"); res.StatusCode != http.StatusConflict {
		t.Errorf("a second camera: %s, want 409", res.Status)
	}
	if _, err := r.Camera().Source(1, 1); err == nil {
		t.Error("two sources read one camera")
	}
	if res := r.do("DELETE", c.location, ""); res.StatusCode != 200 {
		t.Errorf("DELETE: %s", res.Status)
	}
	eventually(t, "the card, after it has gone", func() bool {
		f, err := source.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer f.Release()
		return f.Pix[0] != f.Pix[len(f.Pix)/2] || f.Pix[0] > 5 // the camera's are all black
	})
	_, stop = publish(t, r)
	stop()
}
