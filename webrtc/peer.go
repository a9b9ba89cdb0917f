package webrtc

import (
	"errors"
	"fmt"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/webrtc/v4"
)

// peer is one connection, and what its congestion control has found out.
type peer struct {
	*webrtc.PeerConnection
	estimate cc.BandwidthEstimator
	outlet   *outlet // nil where we only listen
}

// newPeer returns an unconnected peer that speaks the given codecs. Its congestion
// control (Google's, fed by transport-wide feedback) starts at rate and stays
// within bounds, all in kbit/s. Nothing is paced: one stream at some Mbit/s comes
// in packets enough, and every millisecond in a queue is seen.
func (n *Network) newPeer(codecs []Codec, rate, least, most int) (*peer, error) {
	media := &webrtc.MediaEngine{}
	for i, c := range codecs {
		number := webrtc.PayloadType(96 + 2*i)
		repair := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: clockRate, SDPFmtpLine: fmt.Sprintf("apt=%d", number)}
		if err := errors.Join(
			media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: number, RTPCodecCapability: c.capability}, webrtc.RTPCodecTypeVideo),
			media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: number + 1, RTPCodecCapability: repair}, webrtc.RTPCodecTypeVideo),
		); err != nil {
			return nil, err
		}
	}
	p := &peer{}
	var interceptors interceptor.Registry
	control, err := cc.NewInterceptor(func() (cc.BandwidthEstimator, error) {
		return gcc.NewSendSideBWE(
			gcc.SendSideBWEInitialBitrate(1000*rate),
			gcc.SendSideBWEMinBitrate(1000*least),
			gcc.SendSideBWEMaxBitrate(1000*most),
			gcc.SendSideBWEPacer(gcc.NewNoOpPacer()),
			gcc.WithLoggerFactory(silence))
	})
	if err != nil {
		return nil, err
	}
	control.OnNewPeerConnection(func(_ string, e cc.BandwidthEstimator) { p.estimate = e })
	interceptors.Add(control)
	if err := errors.Join(
		webrtc.ConfigureTWCCHeaderExtensionSender(media, &interceptors),
		webrtc.ConfigureTWCCSenderWithOptions(media, &interceptors, twcc.WithLoggerFactory(silence)),
		webrtc.ConfigureNackWithOptions(media, &interceptors,
			[]nack.GeneratorOption{nack.WithGeneratorLoggerFactory(silence)}, nack.WithResponderLoggerFactory(silence)),
		webrtc.ConfigureRTCPReportsWithOptions(&interceptors,
			[]report.ReceiverOption{report.WithReceiverLoggerFactory(silence)}, report.WithSenderLoggerFactory(silence)),
	); err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(&interceptors), webrtc.WithSettingEngine(n.settings))
	p.PeerConnection, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: n.iceServers})
	return p, err
}
