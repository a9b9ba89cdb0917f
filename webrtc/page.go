package webrtc

import (
	"embed"
	"io/fs"
	"net/http"
)

// The page is plain HTML, CSS and modules, as written: no build step. Everything
// it does, it does by the API.
//
//go:embed page
var files embed.FS

// page returns an embedded file.
func page(name string) []byte {
	data, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is embedded, or the program would not have been built
	}
	return data
}

func (s *Server) pages(mux *http.ServeMux) {
	assets, err := fs.Sub(files, "page/assets")
	if err != nil {
		panic(err) // as above
	}
	html := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(page(name))
		}
	}
	mux.HandleFunc("GET /{$}", html("index.html"))
	mux.HandleFunc("GET /view", html("view.html"))
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
}
