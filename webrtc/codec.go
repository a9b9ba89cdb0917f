package webrtc

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"stylecam/webrtc/i420"
)

// Encoder codes pictures of one size.
type Encoder interface {
	// Encode returns the coded picture, valid until the next call, and whether it
	// is a key frame; key asks for one. pts counts 1/90000 s and grows.
	Encode(p *i420.Picture, pts int64, key bool) (data []byte, isKey bool, err error)
	SetRate(kbps int) error
	Close()
}

// NewEncoder opens an encoder.
type NewEncoder func(width, height, kbps int) (Encoder, error)

// Codec is a way to code pictures that peers may agree on.
type Codec struct {
	capability webrtc.RTPCodecCapability
	payloader  func() rtp.Payloader
	open       NewEncoder
}

const clockRate = 90000 // of every video stream (RFC 7741, RFC 6184)

// VP8 is what every browser takes. open is nil where nothing is encoded.
func VP8(open NewEncoder) Codec {
	return Codec{capability(webrtc.MimeTypeVP8, ""), func() rtp.Payloader { return &codecs.VP8Payloader{EnablePictureID: true} }, open}
}

// H264 is H.264's constrained baseline, which some media servers insist on.
func H264(open NewEncoder) Codec {
	return Codec{capability(webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
		func() rtp.Payloader { return &codecs.H264Payloader{} }, open}
}

func capability(mimeType, parameters string) webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType: mimeType, ClockRate: clockRate, SDPFmtpLine: parameters,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "goog-remb"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}
}

// outlet is a peer's track. Which codec it carries is decided when the peers have
// agreed: the first of ours that the other side takes, so that viewers share an
// encoder where they can.
//
// Each peer has one of its own: pion's tracks write a packet with one header to
// all their peers, and two that number the header extensions differently would
// get each other's.
type outlet struct {
	renditions []*rendition
	bound      atomic.Pointer[binding]
}

// binding is where an outlet writes, once that is known.
type binding struct {
	rendition *rendition
	writer    webrtc.TrackLocalWriter
	ssrc      uint32
	payload   uint8
}

func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, r := range o.renditions {
		agreed := c.CodecParameters()
		i := slices.IndexFunc(agreed, func(p webrtc.RTPCodecParameters) bool {
			return strings.EqualFold(p.MimeType, r.codec.capability.MimeType)
		})
		if i >= 0 {
			o.bound.Store(&binding{r, c.WriteStream(), uint32(c.SSRC()), uint8(agreed[i].PayloadType)})
			r.key.Store(true)
			return agreed[i], nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// askKey has the codec in use begin anew.
func (o *outlet) askKey() {
	if b := o.bound.Load(); b != nil {
		b.rendition.key.Store(true)
	}
}

func (o *outlet) Unbind(webrtc.TrackLocalContext) error {
	o.bound.Store(nil)
	return nil
}

func (o *outlet) ID() string                { return "painting" }
func (o *outlet) RID() string               { return "" }
func (o *outlet) StreamID() string          { return "stylecam" }
func (o *outlet) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeVideo }

// write sends a packet. A peer that cannot take it has left, or will ask for it
// again.
func (b *binding) write(header rtp.Header, payload []byte) {
	header.SSRC, header.PayloadType = b.ssrc, b.payload
	_, _ = b.writer.WriteRTP(&header, payload)
}
