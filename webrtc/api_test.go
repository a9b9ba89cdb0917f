package webrtc

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"stylecam/filter"
)

func TestStateIsReadAndPatched(t *testing.T) {
	r := newRig(t, nil)
	for name, c := range map[string]struct {
		patch string
		want  int
		check func(p filter.Params) bool
	}{
		"style":          {`{"style":"night"}`, 200, func(p filter.Params) bool { return p.Style.String() == "night" }},
		"blend":          {`{"style":"night:0.25,waves:0.75"}`, 200, func(p filter.Params) bool { return len(p.Style) == 2 && p.Style[1].Weight == 0.75 }},
		"person's style": {`{"person_style":"night"}`, 200, func(p filter.Params) bool { return p.PersonStyle.String() == "night" }},
		"alphas":         {`{"background":[0.5,1.5],"person":[0,0.25]}`, 200, func(p filter.Params) bool { return p.Background.High == 1.5 && p.Person.High == 0.25 }},
		"colour":         {`{"background_mode":"color:#00ff00"}`, 200, func(p filter.Params) bool { return p.BackgroundFill.Colour == [3]byte{0, 255, 0} }},
		"the rest": {`{"compose":"paper","smoothing":0.8,"feather":9,"detail":0,"quality":"best","view":"side","mirror":true,"blank":true}`, 200, func(p filter.Params) bool {
			return p.View == filter.SideBySide && p.Mirror && p.Blank && p.Feather == 9
		}},
		"nothing":          {`{}`, 200, func(p filter.Params) bool { return true }},
		"no JSON":          {`style=night`, 400, nil},
		"empty":            {``, 400, nil},
		"two objects":      {`{}{}`, 400, nil},
		"a list":           {`[]`, 422, nil},
		"unknown field":    {`{"stile":"night"}`, 422, nil},
		"unknown style":    {`{"style":"nobody"}`, 422, nil},
		"alpha too large":  {`{"background":[2,0]}`, 422, nil},
		"alpha of three":   {`{"background":[1,1,1]}`, 422, nil},
		"alpha of one":     {`{"background":[1]}`, 422, nil},
		"a file's name":    {`{"background_mode":"image:/etc/passwd"}`, 422, nil},
		"smoothing of two": {`{"smoothing":2}`, 422, nil},
		"half is wrong":    {`{"mirror":true,"view":"inside out"}`, 422, nil},
		"huge":             {`{"style":"` + strings.Repeat("x", mostState) + `"}`, 413, nil},
	} {
		r.live.params = filter.Defaults("waves")
		res := r.do("PATCH", "/api/state", c.patch, "Content-Type: application/json")
		got := text(res)
		if res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d: %s", name, res.Status, c.want, got)
			continue
		}
		p := r.live.Params()
		if c.check != nil && !c.check(p) {
			t.Errorf("%s: settings are %+v", name, p)
		}
		if was := filter.Defaults("waves"); c.want != 200 && stateOf(&p) != stateOf(&was) {
			t.Errorf("%s: refused, and changed to %+v", name, p)
		}
		if c.want == 200 && got != text(r.do("GET", "/api/state", "")) {
			t.Errorf("%s: PATCH answered %s", name, got)
		}
	}
	if res := r.do("PATCH", "/api/state", "{}"); res.StatusCode != 415 {
		t.Errorf("no type: %s", res.Status)
	}
}

func FuzzPatch(f *testing.F) {
	f.Add([]byte(`{"style":"night:0.25,waves:0.75","person":[0,0.25],"background_mode":"color:#00ff00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := filter.Defaults("waves")
		before := stateOf(&p)
		if err := patch(&p, data); err != nil {
			if after := stateOf(&p); after != before {
				t.Errorf("refused, and changed to %+v", after)
			}
			return
		}
		if err := p.Validate(); err != nil {
			t.Errorf("taken, and not valid: %v", err)
		}
	})
}

func picture(t *testing.T, size int) string {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, size, size))); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func TestStylesComeAndGo(t *testing.T) {
	r := newRig(t, nil)
	good := picture(t, 64)
	bomb := []byte(picture(t, 16)) // that says it is of 60000x60000
	copy(bomb[16:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	for _, c := range []struct {
		what, method, path, body string
		want                     int
	}{
		{"add", "POST", "/api/styles?name=mine", good, 201},
		{"again", "POST", "/api/styles?name=mine", good, 409},
		{"preview", "GET", "/api/styles/mine/preview", "", 200},
		{"a path", "POST", "/api/styles?name=../../etc", good, 422},
		{"no name", "POST", "/api/styles", good, 422},
		{"text", "POST", "/api/styles?name=text", "hello", 422},
		{"nothing", "POST", "/api/styles?name=empty", "", 422},
		{"too small", "POST", "/api/styles?name=small", picture(t, 8), 422},
		{"huge", "POST", "/api/styles?name=huge", strings.Repeat("x", mostUpload+1), 413},
		{"remove", "DELETE", "/api/styles/mine", "", 204},
		{"remove again", "DELETE", "/api/styles/mine", "", 404},
		{"built in", "DELETE", "/api/styles/night", "", 403},
		{"in use", "DELETE", "/api/styles/waves", "", 409},
		{"no preview", "GET", "/api/styles/nobody/preview", "", 404},
		{"wrong method", "PUT", "/api/styles", "", 405},
	} {
		if res := r.do(c.method, c.path, c.body); res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d: %s", c.what, res.Status, c.want, text(res))
		}
	}
	if err := checkPicture(bomb); err == nil {
		t.Error("a picture of 60000x60000 was taken")
	}
	r.limits.uploads.SetBurst(0)
	if res := r.do("POST", "/api/styles?name=fast", good); res.StatusCode != 429 {
		t.Errorf("too fast: %s", res.Status)
	}
}

func TestStatisticsOnceAndAsEvents(t *testing.T) {
	r := newRig(t, nil)
	var got stats
	if err := json.Unmarshal([]byte(text(r.do("GET", "/api/stats", ""))), &got); err != nil {
		t.Fatal(err)
	}
	if got.FPS != 29.5 || got.Stages["paint"].P95 != 25 || got.Sinks["webrtc"].Age.P50 != 50 {
		t.Errorf("statistics are %+v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://"+r.listener.Addr().String()+"/api/stats", nil)
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return data
			}
		}
		t.Fatalf("no %q came", prefix)
		return ""
	}
	next("event: state")
	next("event: stats")
	r.do("PATCH", "/api/state", `{"mirror":true}`, "Content-Type: application/json")
	next("event: state")
	if data := next("data: "); !strings.Contains(data, `"mirror":true`) {
		t.Errorf("after the change: %s", data)
	}
}

func TestMetricsAndHealth(t *testing.T) {
	r := newRig(t, nil)
	got := text(r.do("GET", "/metrics", ""))
	for _, want := range []string{"stylecam_frames_total 7", `stylecam_stage_seconds{quantile="0.95",stage="paint"} 0.025`, `stylecam_sink_drops_total{sink="webrtc"} 1`, "stylecam_viewers 0", "go_goroutines"} {
		if !strings.Contains(got, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if got := text(r.do("GET", "/healthz", "")); got != "ok\n" {
		t.Errorf("/healthz says %q", got)
	}
}

// Everything that is served is described, and nothing else.
func TestOpenAPIDescribesWhatThereIs(t *testing.T) {
	r := newRig(t, nil)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(text(r.do("GET", "/api/openapi.json", ""))), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || len(doc.Paths) < 8 {
		t.Errorf("OpenAPI %q with %d paths", doc.OpenAPI, len(doc.Paths))
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			if method == "parameters" {
				continue
			}
			url := regexp.MustCompile(`{\w+}`).ReplaceAllString(path, "nobody")
			res := r.do(strings.ToUpper(method), url, "")
			body := text(res)
			if res.StatusCode == 405 || strings.Contains(body, "there is nothing") {
				t.Errorf("%s %s is described, and answers %s", method, path, res.Status)
			}
		}
	}
	var fields map[string]any
	_ = json.Unmarshal([]byte(text(r.do("GET", "/api/state", ""))), &fields)
	raw := string(page("openapi.json"))
	for field := range fields {
		if !strings.Contains(raw, `"`+field+`"`) {
			t.Errorf("the field %s of the state is not described", field)
		}
	}
}

func TestWithoutATokenOnlyThisMachinesOwnPages(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Origins = []string{"https://friend.example"} })
	own := r.listener.Addr().String()
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		want         int
	}{
		"address":              {"GET", "/", nil, 200},
		"localhost":            {"GET", "/", []string{"Host: localhost:8080"}, 200},
		"rebound name":         {"GET", "/", []string{"Host: evil.example"}, 403},
		"rebound, with a dot":  {"GET", "/", []string{"Host: evil.example."}, 403},
		"own page":             {"PATCH", "/api/state", []string{"Origin: http://" + own, "Content-Type: application/json"}, 200},
		"other site":           {"PATCH", "/api/state", []string{"Origin: https://evil.example", "Content-Type: application/json"}, 403},
		"other site, by fetch": {"PATCH", "/api/state", []string{"Sec-Fetch-Site: cross-site", "Content-Type: application/json"}, 403},
		"other site, same IP":  {"PATCH", "/api/state", []string{"Origin: http://127.0.0.1:1", "Content-Type: application/json"}, 403},
		"sandboxed page":       {"PATCH", "/api/state", []string{"Origin: null", "Content-Type: application/json"}, 403},
		"made-up token":        {"PATCH", "/api/state", []string{"Origin: https://evil.example", "Authorization: Bearer x", "Content-Type: application/json"}, 403},
		"other site watches":   {"POST", "/whep", []string{"Origin: https://evil.example", "Content-Type: application/sdp"}, 403},
		"friend":               {"PATCH", "/api/state", []string{"Origin: https://friend.example", "Content-Type: application/json"}, 200},
	} {
		res := r.do(c.method, c.path, "{}", c.headers...)
		if res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d: %s", name, res.Status, c.want, text(res))
		}
		if cors := res.Header.Get("Access-Control-Allow-Origin"); (cors != "") != (name == "friend") {
			t.Errorf("%s: may be read by %q", name, cors)
		}
	}
}

func TestTokenGuardsEverything(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Token = "sesame" })
	watch := r.guard.watchToken
	cookie := func(token string) string { return "Cookie: " + r.guard.cookie + "=" + token }
	for _, c := range []struct {
		what, method, path string
		headers            []string
		want               int
	}{
		{"none", "GET", "/api/state", nil, 401},
		{"none, for media", "POST", "/whep", nil, 401},
		{"none, for metrics", "GET", "/metrics", nil, 401},
		{"none, for the page", "GET", "/", []string{"Accept: text/html"}, 401},
		{"none needed", "GET", "/healthz", nil, 200},
		{"wrong", "GET", "/api/state", []string{"Authorization: Bearer sesam"}, 401},
		{"wrong cookie", "GET", "/api/state", []string{cookie("x")}, 401},
		{"wrong link", "GET", "/?token=x", nil, 401},
		{"bearer", "GET", "/api/state", []string{"Authorization: Bearer sesame"}, 200},
		{"cookie", "GET", "/api/state", []string{cookie("sesame")}, 200},
		{"link", "GET", "/?token=sesame", nil, 303},
		{"watcher's link", "GET", "/view?token=" + watch, nil, 303},
		{"watcher's page", "GET", "/view", []string{cookie(watch)}, 200},
		{"watcher's media", "POST", "/whep", []string{cookie(watch)}, 415},
		{"watcher at the controls", "GET", "/api/state", []string{cookie(watch)}, 403},
		{"watcher as the camera", "POST", "/whip", []string{cookie(watch)}, 403},
		{"other site, cookie", "POST", "/whep", []string{cookie("sesame"), "Origin: https://evil.example"}, 403},
		{"other site, token", "POST", "/whep", []string{"Authorization: Bearer sesame", "Origin: https://friend.example"}, 415},
		{"preflight", "OPTIONS", "/whep", []string{"Origin: https://friend.example"}, 204},
	} {
		res := r.do(c.method, c.path, "", c.headers...)
		if res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d: %s", c.what, res.Status, c.want, text(res))
		}
		if c.want == 303 {
			if to, set := res.Header.Get("Location"), res.Header.Get("Set-Cookie"); strings.Contains(to, "token") || !strings.Contains(set, "HttpOnly") {
				t.Errorf("%s: to %q with %q", c.what, to, set)
			}
		}
		if res.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: cookies are shared with other origins", c.what)
		}
	}
	if res := r.do("GET", "//evil.example/?token=sesame", ""); strings.HasPrefix(res.Header.Get("Location"), "//") {
		t.Errorf("redirected to %s", res.Header.Get("Location"))
	}
}

func TestOtherAddressesGetATokenByThemselves(t *testing.T) {
	s, err := Listen(Config{Address: "0.0.0.0:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.cfg.Token) < 20 || !strings.HasSuffix(s.URL(), "?token="+s.cfg.Token) || strings.Contains(s.WatchURL(), s.cfg.Token) {
		t.Errorf("token %q, links %s and %s", s.cfg.Token, s.URL(), s.WatchURL())
	}
}

func TestTakenPortIsAnError(t *testing.T) {
	s, err := Listen(Config{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Listen(Config{Address: s.listener.Addr().String()}); err == nil {
		t.Error("two servers on one port")
	}
	if _, err := Listen(Config{Address: "127.0.0.1:0", MediaPort: s.network.Port()}); err == nil {
		t.Error("two servers on one media port")
	}
	for _, bad := range []string{"", "localhost", "127.0.0.1:99999", "no such host:1"} {
		if _, err := Listen(Config{Address: bad}); err == nil {
			t.Errorf("listens on %q", bad)
		}
	}
}

func TestSlowClientHoldsUpNobody(t *testing.T) {
	r := newRig(t, nil)
	for range 20 {
		conn, err := net.Dial("tcp", r.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 1000\r\n\r\nv=0")); err != nil {
			t.Fatal(err)
		}
	}
	if res := r.do("GET", "/healthz", ""); res.StatusCode != 200 {
		t.Error(res.Status)
	}
}
