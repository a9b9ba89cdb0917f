package webrtc

import (
	"strings"
	"testing"
)

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
	r := newRig(t, func(c *Config) { c.Token = "sesame-sesame-open" })
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
		{"bearer", "GET", "/api/state", []string{"Authorization: Bearer sesame-sesame-open"}, 200},
		{"cookie", "GET", "/api/state", []string{cookie("sesame-sesame-open")}, 200},
		{"link", "GET", "/?token=sesame-sesame-open", nil, 303},
		{"watcher's link", "GET", "/view?token=" + watch, nil, 303},
		{"watcher's link, opened by the owner", "GET", "/view?token=" + watch, []string{cookie("sesame-sesame-open")}, 303},
		{"watcher at the owner's page", "GET", "/", []string{cookie(watch), "Accept: text/html"}, 401},
		{"watcher's page", "GET", "/view", []string{cookie(watch)}, 200},
		{"watcher's media", "POST", "/whep", []string{cookie(watch)}, 415},
		{"watcher at the controls", "GET", "/api/state", []string{cookie(watch)}, 403},
		{"watcher as the camera", "POST", "/whip", []string{cookie(watch)}, 403},
		{"other site, cookie", "POST", "/whep", []string{cookie("sesame-sesame-open"), "Origin: https://evil.example"}, 403},
		{"other site, token", "POST", "/whep", []string{"Authorization: Bearer sesame-sesame-open", "Origin: https://friend.example"}, 415},
		{"preflight", "OPTIONS", "/whep", []string{"Origin: https://friend.example"}, 204},
	} {
		res := r.do(c.method, c.path, "", c.headers...)
		if res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d: %s", c.what, res.Status, c.want, text(res))
		}
		if c.want == 303 {
			if to, set := res.Header.Get("Location"), res.Header.Get("Set-Cookie"); strings.Contains(to, "token") || strings.Contains(set, "HttpOnly") == (c.headers != nil) {
				t.Errorf("%s: to %q with %q", c.what, to, set)
			}
		}
		if res.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: cookies are shared with other origins", c.what)
		}
	}
	if res := r.do("GET", "//evil.example/?token=sesame-sesame-open", ""); strings.HasPrefix(res.Header.Get("Location"), "//") {
		t.Errorf("redirected to %s", res.Header.Get("Location"))
	}
}

func TestOtherAddressesGetATokenByThemselves(t *testing.T) {
	s, err := Listen(Config{Address: "0.0.0.0:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	behind, err := Listen(Config{Address: "127.0.0.1:0", Hosts: []string{"studio.example"}})
	if err != nil {
		t.Fatal(err)
	}
	defer behind.Close()
	if behind.cfg.Token == "" || !behind.MadeUp() {
		t.Error("none behind a proxy")
	}
	if len(s.cfg.Token) < 20 || !strings.HasSuffix(s.URL(), "?token="+s.cfg.Token) || strings.Contains(s.WatchURL(), s.cfg.Token) {
		t.Errorf("token %q, links %s and %s", s.cfg.Token, s.URL(), s.WatchURL())
	}
}

func TestGivenTokenIsNotPrintedAndNotShort(t *testing.T) {
	const token = "sesame&sesame&open"
	s, err := Listen(Config{Address: "127.0.0.1:0", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if said := s.URL() + s.WatchURL(); strings.Contains(said, "sesame") || strings.Contains(s.URL(), "token") || s.MadeUp() {
		t.Errorf("says %q", said)
	}
	for _, bad := range []string{"x", "fifteen letters", "sesame;sesame;open", `sesame"sesame"open`, "sésame-sésame-ouvre", "sesame\nsesame\nopen"} {
		if _, err := Listen(Config{Address: "127.0.0.1:0", Token: bad}); err == nil || strings.Contains(err.Error(), bad+" ") {
			t.Errorf("token %q: %v", bad, err)
		}
	}
}

// Whoever guesses is not listened to for a while, not even when he is right.
func TestGuessingTokensEnds(t *testing.T) {
	const token = "sesame-sesame-open"
	r := newRig(t, func(c *Config) { c.Token = token })
	status := 401
	for i := 0; status == 401 && i < 1000; i++ {
		status = r.do("GET", "/api/state", "", "Authorization: Bearer guess").StatusCode
	}
	if status != 429 {
		t.Errorf("a thousand guesses end with %d", status)
	}
	r.guard.wrong.by["127.0.0.1"].SetLimit(0)
	if res := r.do("GET", "/api/state", "", "Authorization: Bearer "+token); res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("the right one, after that: %s", res.Status)
	}
	r.guard.wrong.by["127.0.0.1"].SetLimit(1000)
	eventually(t, "he may try again", func() bool {
		return r.do("GET", "/api/state", "", "Authorization: Bearer "+token).StatusCode == 200
	})
}
