package webrtc

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// Signalling after RFC 9725 (WHIP) and draft-ietf-wish-whep (WHEP): an offer is
// posted and answered, candidates may follow by PATCH, DELETE ends it. ICE
// restarts are refused with 422, as both allow: a client then starts anew.

const (
	typeSDP     = "application/sdp"
	typeTrickle = "application/trickle-ice-sdpfrag"

	mostSDP   = 64 << 10 // bytes of an offer or a PATCH
	startKbps = 2500     // before congestion control knows better
)

// signalling adds an endpoint and its sessions to mux.
func (s *Server) signalling(mux *http.ServeMux, path string, who party) {
	mux.HandleFunc("OPTIONS "+path, s.describe)
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { s.offer(w, r, path, who) })
	mux.HandleFunc(path, methods("OPTIONS, POST"))
	mux.HandleFunc("OPTIONS "+path+"/{id}", s.describe)
	mux.HandleFunc("PATCH "+path+"/{id}", s.patch)
	mux.HandleFunc("DELETE "+path+"/{id}", s.leave)
	mux.HandleFunc(path+"/{id}", methods("OPTIONS, PATCH, DELETE"))
}

func (s *Server) describe(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Accept-Post", typeSDP)
	w.Header().Set("Accept-Patch", typeTrickle)
	if s.guard.role(r) >= watcher { // a preflight may not know the TURN password
		s.linkICE(w)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) linkICE(w http.ResponseWriter) {
	for _, link := range s.network.links() {
		w.Header().Add("Link", link)
	}
}

func (s *Server) offer(w http.ResponseWriter, r *http.Request, path string, who party) {
	role, opened := s.guard.role(r), s.limits.offers
	if role < owner {
		opened = s.limits.guests
	}
	if !opened.Allow() {
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusTooManyRequests, "too many sessions were opened just now")
		return
	}
	if !accepts(r, typeSDP) {
		problem(w, http.StatusNotAcceptable, "the answer is "+typeSDP)
		return
	}
	offer, ok := body(w, r, typeSDP)
	if !ok {
		return
	}
	session, answer, err := s.sessions.open(r.Context(), s.network, who, s.places(who, role), offer, s.limits.connect)
	switch {
	case errors.Is(err, errFull):
		w.Header().Set("Retry-After", "5")
		problem(w, http.StatusServiceUnavailable, "too many are connected")
	case errors.Is(err, errBusy):
		problem(w, http.StatusConflict, "another browser's camera is being painted; it has to stop first")
	case errors.Is(err, errUnread):
		problem(w, http.StatusConflict, "this stylecam does not paint a browser's camera; start it with --input webrtc")
	case errors.Is(err, errAccept):
		problem(w, http.StatusNotAcceptable, errAccept.Error())
	case errors.Is(err, errOffer):
		problem(w, http.StatusBadRequest, err.Error())
	case r.Context().Err() != nil: // nobody is there to be answered
	case err != nil:
		s.cfg.Log.Warn("a session could not be opened", "err", err)
		problem(w, http.StatusInternalServerError, "the session could not be opened")
	default:
		h := w.Header()
		h.Set("Content-Type", typeSDP)
		h.Set("Location", path+"/"+session.id)
		h.Set("ETag", `"`+session.etag+`"`)
		h.Set("Accept-Patch", typeTrickle)
		s.linkICE(w)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer) // a client that is gone is noticed by ICE
	}
}

func (s *Server) patch(w http.ResponseWriter, r *http.Request) {
	session := s.session(w, r)
	if session == nil {
		return
	}
	if !session.patches.Allow() {
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusTooManyRequests, "too many candidates came just now")
		return
	}
	fragment, ok := body(w, r, typeTrickle)
	if !ok {
		return
	}
	t, err := parseTrickle(fragment)
	match := r.Header.Get("If-Match")
	switch {
	case err != nil:
		problem(w, http.StatusBadRequest, err.Error())
	case session.restarts(t):
		problem(w, http.StatusUnprocessableEntity, "ICE restarts are not supported; open a new session")
	case match == "":
		problem(w, http.StatusPreconditionRequired, "If-Match is needed, with the session's ETag")
	case match != `"`+session.etag+`"`:
		problem(w, http.StatusPreconditionFailed, "If-Match is not the session's ETag")
	default:
		if err := session.add(t); err != nil {
			problem(w, http.StatusBadRequest, err.Error())
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) leave(w http.ResponseWriter, r *http.Request) {
	if session := s.session(w, r); session != nil {
		s.sessions.end(session)
		w.WriteHeader(http.StatusOK)
	}
}

// session finds the session that the URL names; WHIP's are not WHEP's.
func (s *Server) session(w http.ResponseWriter, r *http.Request) *session {
	session := s.sessions.get(r.PathValue("id"))
	if session == nil || !strings.HasPrefix(r.URL.Path, s.paths[session.party]+"/") {
		problem(w, http.StatusNotFound, "there is no such session, or no more")
		return nil
	}
	return session
}

// body reads a small body of one type, or answers why not.
func body(w http.ResponseWriter, r *http.Request, mediaType string) (string, bool) {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != mediaType {
		problem(w, http.StatusUnsupportedMediaType, "the body has to be "+mediaType)
		return "", false
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostSDP))
	if err != nil {
		unreadable(w, err)
		return "", false
	}
	return string(data), true
}

// accepts tells whether the client takes the media type.
func accepts(r *http.Request, mediaType string) bool {
	accept := r.Header.Values("Accept")
	if len(accept) == 0 {
		return true
	}
	kind, _, _ := strings.Cut(mediaType, "/")
	for item := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		got, params, err := mime.ParseMediaType(item)
		if err == nil && params["q"] != "0" && (got == mediaType || got == kind+"/*" || got == "*/*") {
			return true
		}
	}
	return false
}
