package webrtc

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics serves what stats tells, to Prometheus.
func (s *Server) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// collector reads the statistics anew for each scrape.
type collector struct{ server *Server }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("stylecam_"+name, help, labels, nil)
}

var (
	descFrames   = desc("frames_total", "Pictures made.")
	descDrops    = desc("source_drops_total", "Frames of the source that a newer one replaced.")
	descFailures = desc("failures_total", "Frames on which the filter failed.")
	descLost     = desc("source_lost_total", "Times the source was lost.")
	descFPS      = desc("fps", "Pictures a second, over the last frames.")
	descStage    = desc("stage_seconds", "Time of a stage, over the last frames.", "stage", "quantile")
	descWritten  = desc("sink_written_total", "Pictures that a sink took.", "sink")
	descSinkDrop = desc("sink_drops_total", "Pictures that a newer one replaced before the sink was ready.", "sink")
	descAge      = desc("sink_age_seconds", "Time from capture to the end of the sink's work, over the last frames.", "sink", "quantile")
	descViewers  = desc("viewers", "Peers that are being sent the picture.")
	descBytes    = desc("stream_bytes_total", "Coded bytes; each viewer gets them all.")
	descKeys     = desc("stream_key_frames_total", "Key frames coded.")
	descKbps     = desc("stream_kbps", "Coded kilobits in the last second.")
	descEncode   = desc("stream_encode_seconds", "Conversion and coding of a picture, mean of the last second.")
)

func (c collector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

func (c collector) Collect(out chan<- prometheus.Metric) {
	s := c.server.stats()
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	seconds := func(d *prometheus.Desc, q quantiles, label string) {
		gauge(d, q.P50/1000, label, "0.5")
		gauge(d, q.P95/1000, label, "0.95")
		gauge(d, q.P99/1000, label, "0.99")
	}
	count(descFrames, s.Frames)
	count(descDrops, s.Drops)
	count(descFailures, s.Failures)
	count(descLost, s.Lost)
	gauge(descFPS, s.FPS)
	for name, q := range s.Stages {
		seconds(descStage, q, name)
	}
	for name, sink := range s.Sinks {
		count(descWritten, sink.Written, name)
		count(descSinkDrop, sink.Drops, name)
		seconds(descAge, sink.Age, name)
	}
	gauge(descViewers, float64(s.Stream.Viewers))
	count(descBytes, s.Stream.Bytes)
	count(descKeys, s.Stream.KeyFrames)
	gauge(descKbps, float64(s.Stream.Kbps))
	gauge(descEncode, s.Stream.EncodeMs/1000)
}
