package webrtc

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
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

func TestStatisticsOnceAndAsEvents(t *testing.T) {
	r := newRig(t, nil)
	var got stats
	if err := json.Unmarshal([]byte(text(r.do("GET", "/api/stats", ""))), &got); err != nil {
		t.Fatal(err)
	}
	if got.FPS != 29.5 || got.Stages["paint"].P95 != 25 || got.Sinks["webrtc"].Age.P50 != 50 {
		t.Errorf("statistics are %+v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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

// apiDocument is what the tests read of the OpenAPI document.
type apiDocument struct {
	OpenAPI string
	Paths   map[string]map[string]json.RawMessage
}

// document reads the embedded description.
var document = sync.OnceValue(func() (d apiDocument) {
	if err := json.Unmarshal(page("openapi.json"), &d); err != nil {
		panic(err)
	}
	return d
})

var (
	pathParameter = regexp.MustCompile(`{\w+}`)
	anywhere      = []int{401, 403, 405} // described once, for all requests
)

// isDescribed tells whether the description knows of a status of a request. What is
// no part of the API needs none.
func isDescribed(method, path string, status int, body string) bool {
	path, _, _ = strings.Cut(path, "?")
	isAPI := regexp.MustCompile(`^/(api|whep|whip|metrics|healthz)(/|$)`).MatchString(path)
	if !isAPI || slices.Contains(anywhere, status) || strings.Contains(body, "wrong tokens") || strings.Contains(body, "there is nothing at") {
		return true
	}
	if method == http.MethodOptions && strings.HasPrefix(path, "/api") || method == http.MethodHead {
		return true
	}
	for pattern, operations := range document().Paths {
		if !regexp.MustCompile("^" + pathParameter.ReplaceAllString(pattern, "[^/]+") + "$").MatchString(path) {
			continue
		}
		var operation struct{ Responses map[string]any }
		if raw, ok := operations[strings.ToLower(method)]; ok && json.Unmarshal(raw, &operation) == nil {
			if _, ok := operation.Responses[strconv.Itoa(status)]; ok {
				return true
			}
		}
	}
	return false
}

// Whatever a test asks for is looked up in the description: see rig.do. Here are the
// routes, in both directions: everything that is served is described, and nothing else.
func TestOpenAPIDescribesWhatThereIs(t *testing.T) {
	r := newRig(t, nil)
	doc := document()
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %q", doc.OpenAPI)
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			if method == "parameters" {
				continue
			}
			res := r.do(strings.ToUpper(method), pathParameter.ReplaceAllString(path, "nobody"), "")
			body := text(res)
			if res.StatusCode == 405 || strings.Contains(body, "there is nothing") {
				t.Errorf("%s %s is described, and answers %s", method, path, res.Status)
			}
		}
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	served := 0
	route := regexp.MustCompile(`"(GET|POST|PATCH|PUT|DELETE) (/(?:api|metrics|healthz)[^"]*)"`)
	for _, file := range sources {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range route.FindAllStringSubmatch(string(source), -1) {
			served++
			if _, ok := doc.Paths[m[2]][strings.ToLower(m[1])]; !ok {
				t.Errorf("%s serves %s %s, which is not described", file, m[1], m[2])
			}
		}
	}
	if served < 8 {
		t.Errorf("%d routes were found in the source", served)
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
