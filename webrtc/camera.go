package webrtc

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/webrtc/i420"
)

// Decoder decodes a stream.
type Decoder interface {
	// Decode writes the picture that data codes into p and tells whether there was
	// one. After an error a key frame is needed.
	Decode(data []byte, p *i420.Picture) (bool, error)
	Close()
}

// Camera is a browser's camera: at most one publishes at a time. While none does,
// it delivers a card that says how to.
type Camera struct {
	open func() (Decoder, error)
	pool *frame.Pool
	url  string // told on the card
	log  *slog.Logger

	mu        sync.Mutex
	publisher *peer
	frames    *frame.Slot // of whoever reads; nil before Source
	seq       uint64
	used      bool // it is the input of this run
}

const (
	// cardEvery is how often the card is delivered: enough for the loop to know
	// that the source lives.
	cardEvery = 500 * time.Millisecond
	// quietAfter is how long a publisher may send nothing before the card comes: well
	// before filter's supervisor takes the source for lost, after 1.5 s.
	quietAfter = 750 * time.Millisecond
	// askEvery is the least time between two requests for a key frame.
	askEvery = 300 * time.Millisecond
	// A picture's sides, which the painter and every encoder bear.
	leastSide, mostSide = 16, 4096
)

func newCamera(open func() (Decoder, error), pool *frame.Pool, url string, log *slog.Logger) *Camera {
	return &Camera{open: open, pool: pool, url: url, log: log}
}

// Publishing tells whether a browser's camera is connected.
func (c *Camera) Publishing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.publisher != nil
}

// wanted tells whether what a browser would publish is painted. It stays so while
// the source rests because nobody watches.
func (c *Camera) wanted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used
}

func (c *Camera) isRead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames != nil
}

func (c *Camera) codecs() []Codec { return []Codec{VP8(nil)} }

func (c *Camera) direction() webrtc.RTPTransceiverDirection {
	return webrtc.RTPTransceiverDirectionRecvonly
}

func (c *Camera) join(p *peer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.used:
		return errUnread
	case c.publisher != nil:
		return errBusy
	}
	c.publisher = p
	var taken atomic.Bool // an offer may hold several tracks; two would be mixed up
	p.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if track.Kind() == webrtc.RTPCodecTypeVideo && !taken.Swap(true) {
			if err := filter.Guard(func() error { return c.receive(p, track) }); err != nil {
				c.log.Error("a browser's camera cannot be decoded", "err", err)
				_ = p.Close() // the browser sees that it lends its camera no more, and another may
			}
		}
	})
	return nil
}

func (c *Camera) connected(*peer) {}

func (c *Camera) left(*peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.publisher = nil
}

// receive decodes a track until its connection ends. pion calls it in a goroutine
// of its own.
func (c *Camera) receive(p *peer, track *webrtc.TrackRemote) error {
	decoder, err := c.open()
	if err != nil {
		return err
	}
	defer decoder.Close()
	var (
		parts   assembler
		picture i420.Picture
		asked   time.Time
	)
	for {
		packet, _, err := track.ReadRTP()
		if err != nil { // the connection has ended
			return nil
		}
		whole := true
		inOrder := parts.push(packet, func(data []byte) {
			got, err := decoder.Decode(data, &picture)
			whole = err == nil
			if got {
				c.deliver(&picture)
			}
		})
		if !(inOrder && whole) && time.Since(asked) > askEvery {
			asked = time.Now()
			_ = p.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
		}
	}
}

// deliver hands a picture to whoever reads, if anybody does. Its time is that of
// its arrival: the sender's clock is not ours. A picture too small or too large is
// left out, and the card tells that none comes.
func (c *Camera) deliver(p *i420.Picture) {
	if !c.isRead() || min(p.Width, p.Height) < leastSide || max(p.Width, p.Height) > mostSide {
		return
	}
	f := c.pool.Get(p.Width, p.Height)
	p.ToBGR(f)
	c.put(f)
}

// put numbers a frame and hands it over.
func (c *Camera) put(f *frame.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frames == nil {
		f.Release()
		return
	}
	f.Captured, f.Seq = time.Now(), c.seq
	c.seq++
	_ = c.frames.Put(context.Background(), f) // the newest wins: never waits
}

// Source reads the camera. There is one at a time.
func (c *Camera) Source(width, height int) (filter.Source, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frames != nil {
		return nil, fmt.Errorf("webrtc: the camera is read already")
	}
	c.frames, c.seq, c.used = frame.NewSlot(frame.Newest), 0, true
	return &cameraSource{camera: c, slot: c.frames, width: width, height: height}, nil
}

type cameraSource struct {
	camera        *Camera
	slot          *frame.Slot
	width, height int // of the card: the last picture's
}

// Read returns the publisher's next frame, or the card.
func (s *cameraSource) Read(ctx context.Context) (*frame.Frame, error) {
	wait := quietAfter
	if !s.camera.Publishing() {
		wait = cardEvery
	}
	soon, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	f, err := s.slot.Take(soon)
	if err == nil {
		s.width, s.height = f.Width, f.Height
		return f, nil
	}
	if ctx.Err() != nil || soon.Err() == nil {
		return nil, err
	}
	f = s.camera.pool.Get(s.width, s.height)
	card.Notice(f, "Waiting for a camera", "Open "+s.camera.url+" and press “Use this camera”.")
	f.Card = true
	s.camera.put(f)
	return s.slot.Take(ctx)
}

// Close lets another source read the camera.
func (s *cameraSource) Close() error {
	s.camera.mu.Lock()
	s.camera.frames = nil
	s.camera.mu.Unlock()
	s.slot.Close()
	s.slot.Drain()
	return nil
}
