// Package webrtc sends the painted picture to browsers and media servers, takes a
// browser's camera in, and serves the page and the API by which everything is
// set.
//
//	filter.Live ──> Stream ── encode once ──┬──> viewer   (WHEP: POST /whep)
//	     ^             ^                    ├──> viewer
//	     │             │ PLI, FIR, estimate └──> media server (WHIP out)
//	     │             └────────────────────────────┘
//	     └── Camera <── decode <── a browser's camera (WHIP: POST /whip)
//
//	browser ──> guard ──> page, /api/state, /api/styles, /api/stats ──> Controls, Styles
//
// A frame is dropped before the encoder or not at all: the loop's slot in front
// of the Stream keeps the newest, and what was encoded goes to everyone. Without
// a viewer nothing is encoded. Time stamps are the frames' times of capture, so a
// picture that took longer to paint is shown when it comes, and delay does not
// pile up.
//
// The package builds and tests without cgo: the codec stands behind the small
// interfaces Encoder and Decoder (see webrtc/vp8 and webrtc/h264).
package webrtc
