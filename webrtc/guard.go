package webrtc

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
)

// role is what a request may do.
type role int

const (
	stranger role = iota
	watcher       // see the painting
	owner         // and change it, and be its camera
)

// guard decides who may do what. Without a token (on a loopback address) whoever
// reaches us is the owner; so there, above all, it matters that no web page can
// reach us through the user's browser:
//
//   - by its own name that suddenly leads here (DNS rebinding): the Host has to
//     be an address or a name we know;
//   - by sending requests across sites: unsafe methods have to come from our own
//     origin, and no other origin may read what it gets.
//
// With a token, a request proves itself by "Authorization: Bearer" or by the
// cookie that a link with ?token= sets.
type guard struct {
	token, watchToken string
	cookie            string
	hosts, origins    []string
	proxied           bool // there may be a proxy: we have a name of its
	cross             *http.CrossOriginProtection
	wrong             strikes
}

// leastToken is the fewest characters of a token: who tries all shorter ones might
// come to an end.
const leastToken = 16

// CheckToken tells whether a token is long enough and can be a cookie; it does not
// repeat it. None is.
func CheckToken(token string) error {
	switch {
	case token == "":
	case len(token) < leastToken:
		return fmt.Errorf("the token is shorter than %d characters; leave it out to have one made up", leastToken)
	case strings.ContainsFunc(token, func(c rune) bool { return c < ' ' || c > '~' || strings.ContainsRune(`";\`, c) }):
		return errors.New("the token holds what cannot be in a cookie; use letters, digits and signs other than quotes, semicolons and backslashes")
	}
	return nil
}

func newGuard(token, cookie string, hosts, origins []string) (*guard, error) {
	g := &guard{
		token: token, cookie: cookie, hosts: append([]string{"localhost"}, hosts...), origins: origins, proxied: len(hosts) > 0,
		cross: http.NewCrossOriginProtection(),
	}
	if token != "" {
		g.watchToken = watchToken(token)
	}
	if name, err := os.Hostname(); err == nil {
		g.hosts = append(g.hosts, name, name+".local")
	}
	for _, o := range origins {
		if err := g.cross.AddTrustedOrigin(o); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// CheckOrigin refuses what is no web origin, like https://example.org.
func CheckOrigin(origin string) error {
	return http.NewCrossOriginProtection().AddTrustedOrigin(origin)
}

// watchToken derives the token that lets its holder watch and no more, so that
// there is one secret to set.
func watchToken(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("stylecam: watch"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// protect lets through to next what may pass.
func (g *guard) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !g.knowsHost(r.Host) {
			problem(w, http.StatusForbidden, "unknown host "+clip(r.Host)+"; name it by --webrtc-host to allow it")
			return
		}
		g.allowOrigin(h, r)
		if isOpen(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if !g.bearer(r) { // a browser sends no such header for a stranger's page
			if err := g.cross.Check(r); err != nil {
				problem(w, http.StatusForbidden, "this comes from another site's page")
				return
			}
		}
		from := g.address(r)
		if g.wrong.out(from) {
			w.Header().Set("Retry-After", "5")
			problem(w, http.StatusTooManyRequests, "too many wrong tokens came from "+from)
			return
		}
		if g.enter(w, r) {
			return
		}
		if g.role(r) == stranger && g.presents(r) {
			g.wrong.count(from)
			g.takeCookie(w, r)
		}
		switch have, need := g.role(r), needs(r.URL.Path); {
		case have >= need, r.Method == http.MethodOptions: // a preflight knows no token
			next.ServeHTTP(w, r)
		case have == watcher && !wantsPage(r):
			problem(w, http.StatusForbidden, "this token is for watching")
		default:
			g.refuse(w, r)
		}
	})
}

// takeCookie ends a cookie that opens nothing any more: the pages that were left open
// when the token changed would go on striking with it.
func (g *guard) takeCookie(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(g.cookie); err == nil && g.roleOf(c.Value) == stranger {
		http.SetCookie(w, &http.Cookie{Name: g.cookie, Path: "/", MaxAge: -1})
	}
}

// address is where a request comes from, without the port. Where a proxy may stand
// before us, on this machine, it is what the proxy says.
func (g *guard) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if ip := net.ParseIP(host); g.proxied && ip != nil && ip.IsLoopback() {
		said := strings.Split(r.Header.Get("X-Forwarded-For"), ",") // each appends whom it heard
		if last := net.ParseIP(strings.TrimSpace(said[len(said)-1])); last != nil {
			return last.String()
		}
	}
	return host
}

// needs is the role that a path asks for.
func needs(path string) role {
	if path == "/view" || path == "/whep" || strings.HasPrefix(path, "/whep/") {
		return watcher
	}
	return owner
}

// isOpen tells what holds no secret: the program's own files.
func isOpen(path string) bool { return path == "/healthz" || strings.HasPrefix(path, "/assets/") }

// role tells what r may do.
func (g *guard) role(r *http.Request) role {
	if g.token == "" {
		return owner
	}
	if given, ok := bearer(r); ok {
		return g.roleOf(given)
	}
	if c, err := r.Cookie(g.cookie); err == nil {
		return g.roleOf(c.Value)
	}
	return stranger
}

// presents tells whether r claims to know a token.
func (g *guard) presents(r *http.Request) bool {
	_, given := bearer(r)
	_, err := r.Cookie(g.cookie)
	return given || err == nil || r.URL.Query().Has("token")
}

func (g *guard) roleOf(token string) role {
	switch {
	case same(token, g.token):
		return owner
	case same(token, g.watchToken):
		return watcher
	}
	return stranger
}

func (g *guard) bearer(r *http.Request) bool {
	given, ok := bearer(r)
	return ok && g.token != "" && g.roleOf(given) > stranger
}

func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer")
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// enter turns a link with ?token= into a cookie and the same address without it,
// so that the token stays in no history and no screenshot.
func (g *guard) enter(w http.ResponseWriter, r *http.Request) bool {
	query := r.URL.Query()
	given := query.Get("token")
	if g.token == "" || given == "" || r.Method != http.MethodGet || g.roleOf(given) == stranger {
		return false
	}
	if g.roleOf(given) > g.role(r) { // an owner who opens the link to share stays one
		// Lax: strict would not be sent along on the way from a link in a message.
		http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: given, Path: "/", HttpOnly: true,
			SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil, MaxAge: 30 * 24 * 3600})
	}
	query.Del("token")
	target := *r.URL
	target.Scheme, target.Host, target.RawQuery = "", "", query.Encode()
	target.Path = "/" + strings.TrimLeft(target.Path, "/\\") // never another host
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
	return true
}

// refuse asks for the token: a browser with a form, a program with 401.
func (g *guard) refuse(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="stylecam"`)
	if wantsPage(r) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write(page("login.html"))
		return
	}
	problem(w, http.StatusUnauthorized, "a token is needed: Authorization: Bearer TOKEN, or the link that stylecam printed")
}

func wantsPage(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// knowsHost lets addresses pass, which nobody can rebind, and known names.
func (g *guard) knowsHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	return net.ParseIP(host) != nil ||
		slices.ContainsFunc(g.hosts, func(known string) bool { return strings.EqualFold(host, known) })
}

// allowOrigin lets pages of other origins read answers: those configured, and,
// where a token guards all, any that has it. Cookies are never shared with them.
func (g *guard) allowOrigin(h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" || g.token == "" && !slices.Contains(g.origins, origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
		h.Set("Access-Control-Max-Age", "600")
	}
}
