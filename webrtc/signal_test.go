package webrtc

import (
	"strings"
	"testing"
)

func TestOffersThatAreNone(t *testing.T) {
	r := newRig(t, nil)
	good := newClient(t, watch).offer()
	for name, c := range map[string]struct {
		body, contentType, accept string
		want                      int
	}{
		"text":             {"hello", typeSDP, "", 400},
		"empty":            {"", typeSDP, "", 400},
		"cut":              {good[:len(good)/2], typeSDP, "", 400},
		"no type":          {good, "", "", 415},
		"json":             {good, "application/json", "", 415},
		"wants json":       {good, typeSDP, "application/json", 406},
		"huge":             {good + strings.Repeat("a=x\r\n", 20000), typeSDP, "", 413},
		"candidates":       {good + strings.Repeat("a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n", mostCandidates+1), typeSDP, "", 400},
		"media":            {good + strings.Repeat("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", mostSections), typeSDP, "", 400},
		"sends":            {strings.ReplaceAll(good, "a=recvonly", "a=sendonly"), typeSDP, "", 406},
		"no codec of ours": {strings.NewReplacer("VP8/90000", "AV2/90000", "H264/90000", "H267/90000").Replace(good), typeSDP, "", 406},
	} {
		headers := []string{"Content-Type: " + c.contentType}
		if c.accept != "" {
			headers = append(headers, "Accept: "+c.accept)
		}
		if res := r.do("POST", "/whep", c.body, headers...); res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d: %s", name, res.Status, c.want, text(res))
		}
	}
	if n := r.open(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestTrickle(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, watch)
	c.connect(r, "/whep")
	candidate := "a=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n"
	ufrag := ""
	for line := range strings.Lines(c.LocalDescription().SDP) {
		if strings.HasPrefix(line, "a=ice-ufrag:") {
			ufrag = line
		}
	}
	for name, p := range map[string]struct {
		body, contentType, match string
		want                     int
	}{
		"candidate":          {candidate, typeTrickle, c.etag, 204},
		"with credentials":   {ufrag + "a=ice-pwd:x\r\n" + candidate, typeTrickle, c.etag, 204},
		"no etag":            {candidate, typeTrickle, "", 428},
		"wrong etag":         {candidate, typeTrickle, `"x"`, 412},
		"wrong type":         {candidate, "text/plain", c.etag, 415},
		"restart":            {"a=ice-ufrag:other\r\na=ice-pwd:x\r\n", typeTrickle, "*", 422},
		"nonsense":           {"hello", typeTrickle, c.etag, 400},
		"nonsense candidate": {"a=mid:0\r\na=candidate:x\r\n", typeTrickle, c.etag, 400},
		"too many":           {strings.Repeat(candidate, 100), typeTrickle, c.etag, 400},
		"huge":               {strings.Repeat("a=x\r\n", 20000), typeTrickle, c.etag, 413},
	} {
		headers := []string{"Content-Type: " + p.contentType}
		if p.match != "" {
			headers = append(headers, "If-Match: "+p.match)
		}
		if res := r.do("PATCH", c.location, p.body, headers...); res.StatusCode != p.want {
			t.Errorf("%s: %s, want %d: %s", name, res.Status, p.want, text(res))
		}
	}
	id := strings.TrimPrefix(c.location, "/whep/")
	if res := r.do("DELETE", "/whip/"+id, ""); res.StatusCode != 404 {
		t.Errorf("a viewer ended at /whip: %s", res.Status)
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "POST"} {
		if res := r.do(method, c.location, ""); res.StatusCode != 405 || res.Header.Get("Allow") == "" {
			t.Errorf("%s of a session: %s", method, res.Status)
		}
	}
	if res := r.do("OPTIONS", "/whep", ""); res.StatusCode != 204 || res.Header.Get("Accept-Post") != typeSDP {
		t.Errorf("OPTIONS: %s %v", res.Status, res.Header)
	}
}

func TestCandidatesKeepTheirOwnMid(t *testing.T) {
	const candidate = "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n"
	got, err := parseTrickle("a=mid:0\r\n" + candidate + "a=mid:1\r\n" + candidate)
	if err != nil || len(got.candidates) != 2 || *got.candidates[0].SDPMid != "0" || *got.candidates[1].SDPMid != "1" {
		t.Errorf("%v, %v", got, err)
	}
}

func FuzzSDP(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n", "a=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n")
	r := newRig(f, nil)
	good := newClient(f, watch).offer()
	f.Add(good, "a=ice-ufrag:x\r\n")
	f.Fuzz(func(t *testing.T, offer, fragment string) {
		session, _, err := r.sessions.open(t.Context(), r.network, r.stream, 64, offer, connectWithin)
		if trickle, bad := parseTrickle(fragment); err == nil && bad == nil {
			_ = session.restarts(trickle)
			_ = session.add(trickle)
		}
		if err == nil {
			r.sessions.end(session)
		}
	})
}
