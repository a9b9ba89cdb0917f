package webrtc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // pictures that may become styles
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	_ "golang.org/x/image/webp"

	"stylecam/filter"
)

// Style is one to choose from.
type Style struct {
	Name    string `json:"name"`
	Artist  string `json:"artist,omitempty"`
	Title   string `json:"title,omitempty"`
	Year    string `json:"year,omitempty"`
	Licence string `json:"licence,omitempty"`
	BuiltIn bool   `json:"built_in"`
	Preview []byte `json:"-"` // JPEG
}

// Styles are those to choose from, the user's own among them.
type Styles interface {
	List() []Style
	// Get returns one by its name.
	Get(name string) (Style, bool)
	// Add makes a style of a picture, in a file's bytes. A picture that cannot be
	// read is filter.ErrInput.
	Add(ctx context.Context, name string, picture []byte) error
	// Remove forgets a style that is not built in.
	Remove(name string) error
}

const (
	mostUpload = 16 << 20 // bytes of a picture
	mostPixels = 40 << 20 // that it may decode to
	mostStyles = 200      // of the user's own
	mostName   = 60       // characters of a style's name
)

// styleName is what a style may be called: it becomes a file's name, and a part
// of a blend.
var styleName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (s *Server) listStyles(w http.ResponseWriter, _ *http.Request) {
	list := s.cfg.Styles.List()
	if list == nil {
		list = []Style{}
	}
	reply(w, http.StatusOK, list)
}

func (s *Server) find(w http.ResponseWriter, r *http.Request) (Style, bool) {
	if style, ok := s.cfg.Styles.Get(r.PathValue("name")); ok {
		return style, true
	}
	problem(w, http.StatusNotFound, fmt.Sprintf("there is no style %q", clip(r.PathValue("name"))))
	return Style{}, false
}

func (s *Server) previewStyle(w http.ResponseWriter, r *http.Request) {
	if style, ok := s.find(w, r); ok {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Cache-Control", "private, max-age=60")
		_, _ = w.Write(style.Preview)
	}
}

func (s *Server) addStyle(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if len(name) > mostName || !styleName.MatchString(name) {
		problem(w, http.StatusUnprocessableEntity, "?name= has to be of small letters and digits, with single dashes between them, at most 60")
		return
	}
	if !s.limits.uploads.Allow() {
		w.Header().Set("Retry-After", "2")
		problem(w, http.StatusTooManyRequests, "too many uploads at once")
		return
	}
	if err := s.hasRoom(name); err != nil { // before the picture is sent for nothing
		problem(w, http.StatusConflict, err.Error())
		return
	}
	picture, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostUpload))
	if err != nil {
		unreadable(w, err)
		return
	}
	if err := checkPicture(picture); err != nil {
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	s.adding.Lock() // one at a time: who came first has the name
	defer s.adding.Unlock()
	if err := s.hasRoom(name); err != nil {
		problem(w, http.StatusConflict, err.Error())
		return
	}
	err = s.cfg.Styles.Add(r.Context(), name, picture)
	switch {
	case errors.Is(err, filter.ErrInput):
		problem(w, http.StatusUnprocessableEntity, err.Error())
	case err != nil:
		s.cfg.Log.Warn("a style could not be added", "name", name, "err", err)
		problem(w, http.StatusInternalServerError, "the style could not be made")
	default:
		w.Header().Set("Location", "/api/styles/"+url.PathEscape(name))
		style, _ := s.cfg.Styles.Get(name)
		reply(w, http.StatusCreated, style)
	}
}

// hasRoom tells why no style of that name can be added.
func (s *Server) hasRoom(name string) error {
	if _, taken := s.cfg.Styles.Get(name); taken {
		return fmt.Errorf("there is a style %q already", name)
	}
	own := 0
	for _, style := range s.cfg.Styles.List() {
		if !style.BuiltIn {
			own++
		}
	}
	if own >= mostStyles {
		return fmt.Errorf("there are %d styles of your own already; remove one", own)
	}
	return nil
}

// checkPicture looks at the head alone: what claims to be too large is never
// decoded.
func checkPicture(data []byte) error {
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return errors.New("this is no JPEG, PNG, WebP or GIF picture")
	}
	if c.Width < 16 || c.Height < 16 || c.Width*c.Height > mostPixels {
		return fmt.Errorf("a %s of %dx%d is too small, or has more than %d million pixels", format, c.Width, c.Height, mostPixels>>20)
	}
	return nil
}

func (s *Server) removeStyle(w http.ResponseWriter, r *http.Request) {
	style, ok := s.find(w, r)
	if !ok {
		return
	}
	var (
		used    bool
		removed error
	)
	_ = s.controls.Update(func(p *filter.Params) { // changing nothing: nobody can choose it meanwhile
		if used = slices.Contains(styles(p), style.Name); !used && !style.BuiltIn {
			removed = s.cfg.Styles.Remove(style.Name)
		}
	}) // whose error is of settings that are as they were
	switch {
	case used:
		problem(w, http.StatusConflict, "it is being painted with; choose another first")
	case style.BuiltIn:
		problem(w, http.StatusForbidden, "it is built in")
	case removed != nil:
		s.cfg.Log.Warn("a style could not be removed", "name", style.Name, "err", removed)
		problem(w, http.StatusInternalServerError, "the style could not be removed")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
