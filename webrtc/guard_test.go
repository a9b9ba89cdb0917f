package webrtc

import (
	"crypto/tls"
	"net/http/httptest"
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
	for _, bad := range []string{"too short", "fifteen letters", "sesame;sesame;open", `sesame"sesame"open`, "sésame-sésame-ouvre", "sesame\nsesame\nopen"} {
		if _, err := Listen(Config{Address: "127.0.0.1:0", Token: bad}); err == nil || strings.Contains(err.Error(), bad) {
			t.Errorf("token %q: %v", bad, err)
		}
	}
}

// Whoever guesses is not listened to for a while, not even when he is right.
func TestGuessingTokensEnds(t *testing.T) {
	const token = "sesame-sesame-open"
	r := newRig(t, func(c *Config) { c.Token = token })
	for _, method := range []string{"OPTIONS", "GET"} { // a preflight too tells who may have the ICE servers
		clear(r.guard.wrong.by)
		status := 0
		for i := 0; status != 429 && i < 1000; i++ {
			status = r.do(method, "/whep", "", "Authorization: Bearer guess").StatusCode
		}
		if status != 429 {
			t.Errorf("a thousand guesses by %s end with %d", method, status)
		}
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

// Pages left open over a change of the token strike once, and are then strangers.
func TestACookieThatOpensNothingIsTaken(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Token = "sesame-sesame-open" })
	res := r.do("GET", "/api/state", "", "Cookie: "+r.guard.cookie+"=yesterday")
	if set := res.Header.Get("Set-Cookie"); res.StatusCode != 401 || !strings.Contains(set, r.guard.cookie+"=;") || !strings.Contains(set, "Max-Age=0") {
		t.Errorf("%s, %q", res.Status, set)
	}
	if set := r.do("GET", "/api/state", "", "Cookie: "+r.guard.cookie+"=sesame-sesame-open").Header.Get("Set-Cookie"); set != "" {
		t.Errorf("the right one is set to %q", set)
	}
	if set := r.do("GET", "/api/state", "", "Cookie: "+r.guard.cookie+"=sesame-sesame-open", "Authorization: Bearer guess").Header.Get("Set-Cookie"); set != "" {
		t.Errorf("the right one, beside a wrong token, is set to %q", set)
	}
}

// Behind a proxy each is counted by his own address, which nobody else can claim.
func TestStrikesBehindAProxyAreTheClients(t *testing.T) {
	for _, c := range []struct {
		hosts          []string
		remote, header string
		want           string
	}{
		{[]string{"studio.example"}, "127.0.0.1:5", "203.0.113.7", "203.0.113.7"},
		{[]string{"studio.example"}, "127.0.0.1:5", "198.51.100.1, 203.0.113.7", "203.0.113.7"},
		{[]string{"studio.example"}, "127.0.0.1:5", "nonsense", "127.0.0.1"},
		{[]string{"studio.example"}, "127.0.0.1:5", "", "127.0.0.1"},
		{[]string{"studio.example"}, "203.0.113.9:5", "203.0.113.7", "203.0.113.9"},
		{nil, "127.0.0.1:5", "203.0.113.7", "127.0.0.1"},
	} {
		g, err := newGuard("sesame-sesame-open", "c", c.hosts, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.header)
		if got := g.address(r); got != c.want {
			t.Errorf("from %s for %q with names %v: %s, want %s", c.remote, c.header, c.hosts, got, c.want)
		}
	}
}

// What keeps a browser from being used against us.
func TestAnswersCarryTheirGuards(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Token = "sesame-sesame-open" })
	res := r.do("GET", "/healthz", "")
	for header, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := res.Header.Get(header); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q in it", header, got, want)
		}
	}
	for _, secure := range []bool{false, true} {
		request := httptest.NewRequest("GET", "/?token=sesame-sesame-open", nil)
		if secure {
			request.TLS = &tls.ConnectionState{}
		}
		answer := httptest.NewRecorder()
		r.guard.enter(answer, request)
		set := answer.Header().Get("Set-Cookie")
		if !strings.Contains(set, "SameSite=Lax") || !strings.Contains(set, "HttpOnly") || strings.Contains(set, "Secure") != secure {
			t.Errorf("by TLS %t: %q", secure, set)
		}
	}
}
