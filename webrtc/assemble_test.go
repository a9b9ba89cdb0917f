package webrtc

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// packets cuts pictures of 3000 bytes, every tenth a key frame, into packets.
func packets(pictures int) (all []*rtp.Packet, want [][]byte) {
	payloader := codecs.VP8Payloader{EnablePictureID: true}
	seq := uint16(65500) // it wraps on the way
	for i := range pictures {
		data := bytes.Repeat([]byte{byte(i)<<1 | 1}, 3000)
		if i%10 == 0 {
			data[0] = 0
		}
		want = append(want, data)
		parts := payloader.Payload(packetSize, data)
		for k, part := range parts {
			all = append(all, &rtp.Packet{
				Header:  rtp.Header{SequenceNumber: seq, Timestamp: uint32(i) * 3000, Marker: k == len(parts)-1},
				Payload: part,
			})
			seq++
		}
	}
	return all, want
}

func assemble(all []*rtp.Packet) (got [][]byte, asked bool) {
	var a assembler
	for _, p := range all {
		if !a.push(p, func(data []byte) { got = append(got, bytes.Clone(data)) }) {
			asked = true
		}
	}
	return got, asked
}

func TestPicturesComeWithTheirLastPacket(t *testing.T) {
	all, want := packets(40)
	var a assembler
	n := 0
	for i, p := range all {
		a.push(p, func(data []byte) {
			if !bytes.Equal(data, want[n]) {
				t.Errorf("picture %d is another", n)
			}
			if !p.Marker {
				t.Errorf("picture %d came with packet %d", n, i)
			}
			n++
		})
	}
	if n != len(want) {
		t.Errorf("%d of %d pictures came", n, len(want))
	}
}

func TestPacketsInDisorderAndTwice(t *testing.T) {
	all, want := packets(40)
	for i := 3; i+3 < len(all); i += 3 { // the first stays: it is where the stream begins
		all[i], all[i+2] = all[i+2], all[i]
	}
	all = append(all[:60:60], append(all[50:60:60], all[60:]...)...)
	if got, _ := assemble(all); len(got) != len(want) {
		t.Errorf("%d of %d pictures came", len(got), len(want))
	}
}

func TestAfterALossNothingUntilAKeyFrame(t *testing.T) {
	all, want := packets(40)
	lost := append(all[:4:4], all[5:]...) // of picture 1
	got, asked := assemble(lost)
	if !asked {
		t.Error("no key frame was asked for")
	}
	if len(got) != 31 || !bytes.Equal(got[0], want[0]) || !bytes.Equal(got[1], want[10]) {
		t.Errorf("%d pictures came; want the first, and those from the key frame on", len(got))
	}
}

func TestMiddleOfAStreamWaitsForItsKeyFrame(t *testing.T) {
	all, want := packets(20)
	got, asked := assemble(all[7:])
	if !asked || len(got) != 10 || !bytes.Equal(got[0], want[10]) {
		t.Errorf("%d pictures came, asked %v", len(got), asked)
	}
}

func TestAssemblerBearsAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var a assembler
	for range 100_000 {
		payload := make([]byte, rng.IntN(8))
		for i := range payload {
			payload[i] = byte(rng.Uint32())
		}
		a.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(rng.IntN(2000)), Marker: rng.IntN(3) == 0}, Payload: payload}, func([]byte) {})
	}
}
