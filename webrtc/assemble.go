package webrtc

import (
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// assembler puts the packets of a VP8 stream in order and together again. It
// hands out a picture with its last packet (the marker says which), not with the
// first of the next, which would cost a frame's time. After a loss it hands out
// nothing until a key frame: anything else would smear.
type assembler struct {
	ring   [512]*rtp.Packet // by sequence number
	next   uint16           // first packet of the picture waited for
	newest uint16
	synced bool // next is known
	buf    []byte
	vp8    codecs.VP8Packet
}

// patience is how many packets a missing one is waited for: about a tenth of a
// second, in which it was sent again or is lost.
const patience = 24

// push takes a packet and calls got with each picture that it completes. It
// returns false when a key frame is needed.
func (a *assembler) push(p *rtp.Packet, got func(picture []byte)) bool {
	if a.synced && int16(p.SequenceNumber-a.next) < 0 {
		return true // late, or a second time
	}
	if !a.synced || int16(p.SequenceNumber-a.newest) > 0 {
		a.newest = p.SequenceNumber
	}
	a.ring[p.SequenceNumber%uint16(len(a.ring))] = p
	if !a.synced && !a.resync(p.SequenceNumber) {
		return false
	}
	for {
		n, state := a.complete()
		switch {
		case state == whole:
			got(a.take(n))
		case state == broken || int16(a.newest-(a.next+n)) >= patience:
			a.synced = false
			return a.resync(a.newest)
		default:
			return true
		}
	}
}

type progress int

const (
	partial progress = iota
	whole
	broken // the packets are no picture
)

// at returns the packet of a sequence number, nil if it is not there.
func (a *assembler) at(seq uint16) *rtp.Packet {
	p := a.ring[seq%uint16(len(a.ring))]
	if p == nil || p.SequenceNumber != seq {
		return nil
	}
	return p
}

// complete counts the packets of the next picture that are there.
func (a *assembler) complete() (n uint16, s progress) {
	for n < uint16(len(a.ring)) {
		p := a.at(a.next + n)
		if p == nil {
			return n, partial
		}
		if n == 0 && !a.starts(p) {
			return n, broken
		}
		n++
		if p.Marker {
			return n, whole
		}
	}
	return n, broken // no picture has so many packets
}

// starts tells whether p begins a picture, and leaves it parsed in a.vp8.
func (a *assembler) starts(p *rtp.Packet) bool {
	payload, err := a.vp8.Unmarshal(p.Payload)
	return err == nil && len(payload) > 0 && a.vp8.S == 1 && a.vp8.PID == 0
}

// resync looks for the start of a key frame, back from seq.
func (a *assembler) resync(seq uint16) bool {
	for range len(a.ring) / 2 {
		p := a.at(seq)
		if p == nil {
			return false
		}
		if a.starts(p) && a.vp8.Payload[0]&1 == 0 {
			a.next, a.synced = seq, true
			return true
		}
		seq--
	}
	return false
}

// take joins the n packets of a whole picture and moves on to the next one.
func (a *assembler) take(n uint16) []byte {
	a.buf = a.buf[:0]
	for range n {
		i := a.next % uint16(len(a.ring))
		if payload, err := a.vp8.Unmarshal(a.ring[i].Payload); err == nil {
			a.buf = append(a.buf, payload...)
		}
		a.ring[i] = nil
		a.next++
	}
	return a.buf
}
