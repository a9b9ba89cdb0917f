package webrtc

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"stylecam/webrtc/i420"
)

const (
	packetSize = 1200 // payload that fits every path's MTU, SRTP and TURN included
	leastKbps  = 300  // below, a painting is mud; the stream drops no lower

	// keyGap is the least time between two key frames, so that a roomful of
	// viewers who join at once, or lose the same packet, get one together.
	keyGap = 300 * time.Millisecond
)

// mostKbps is the most that a picture of that size is given: a painting has
// texture everywhere, so it is more than a face before a wall would take.
func mostKbps(width, height int) int { return min(1000+width*height/200, 12000) }

// rendition is the picture in one codec, encoded once for all that speak it. But
// for key, it belongs to the goroutine that writes frames.
type rendition struct {
	codec Codec
	key   atomic.Bool // somebody needs a key frame

	viewers   []*binding // who gets this picture
	keyDue    bool       // one of them waits for a key frame
	failed    bool       // the last picture could not be coded
	target    int        // the rate that the slowest of them bears, in kbit/s
	encoder   Encoder
	width     int // the encoder's
	height    int
	kbps      int
	changed   time.Time // when kbps last was
	lastKey   time.Time
	payloader rtp.Payloader
	header    rtp.Header
}

func newRendition(c Codec) *rendition {
	return &rendition{codec: c, payloader: c.payloader(), header: rtp.Header{Version: 2, SequenceNumber: uint16(rand.Uint32())}}
}

// encode codes a picture. The result is valid until the next call.
func (r *rendition) encode(p *i420.Picture, pts int64) (data []byte, isKey bool, err error) {
	now := time.Now()
	if err := r.prepare(p.Width, p.Height, now); err != nil {
		return nil, false, err
	}
	key := r.keyDue && now.Sub(r.lastKey) >= keyGap
	if key {
		r.keyDue, r.lastKey = false, now
	}
	return r.encoder.Encode(p, pts, key)
}

// prepare has an encoder ready for pictures of that size, at the target rate.
func (r *rendition) prepare(width, height int, now time.Time) (err error) {
	if r.encoder != nil && (r.width != width || r.height != height) {
		r.close()
	}
	if r.encoder == nil {
		if r.encoder, err = r.codec.open(width, height, r.target); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		r.width, r.height, r.kbps, r.changed = width, height, r.target, now
		return nil
	}
	// Down at once, up at leisure; and not for every wobble of the estimate.
	change := r.target - r.kbps
	if change < -r.kbps/20 || change > r.kbps/20 && now.Sub(r.changed) > time.Second {
		if err := r.encoder.SetRate(r.target); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		r.kbps, r.changed = r.target, now
	}
	return nil
}

// send cuts a coded picture into packets and gives them to every viewer.
func (r *rendition) send(data []byte, pts int64) {
	payloads := r.payloader.Payload(packetSize, data)
	r.header.Timestamp = uint32(pts)
	for i, payload := range payloads {
		r.header.Marker = i == len(payloads)-1
		for _, v := range r.viewers {
			v.write(r.header, payload)
		}
		r.header.SequenceNumber++
	}
}

func (r *rendition) close() {
	if r.encoder != nil {
		r.encoder.Close()
		r.encoder = nil
	}
}
