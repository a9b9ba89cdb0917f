package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"stylecam/capture"
	"stylecam/filter"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/style"
)

// gallery finds the tensors of styles for the painter: by name in the collection,
// or of a file, a .style or any picture, which then goes through the encoder.
type gallery struct {
	collection *style.Collection
	runtime    *infer.Runtime
	graph      models.Graph // of the encoder

	mu     sync.Mutex
	loaded map[string]*style.Tensors

	encoding sync.Mutex          // apart from mu: the painter does not wait for an encoding
	encoder  *infer.StyleEncoder // opened when first needed
	closed   bool
}

func newGallery(c *style.Collection, r *infer.Runtime, encoder models.Graph) *gallery {
	return &gallery{collection: c, runtime: r, graph: encoder, loaded: make(map[string]*style.Tensors)}
}

// Tensors returns a style that was loaded before; the painter asks between two
// frames and must not wait.
func (g *gallery) Tensors(name string) (*style.Tensors, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.loaded[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("style %q was not loaded", name)
}

// keep adds a style that has just been made.
func (g *gallery) keep(name string, t *style.Tensors) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.loaded[name] = t
}

// forget drops a style that has been removed.
func (g *gallery) forget(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.loaded, name)
}

// check loads the named styles of settings that come in while the program runs:
// from window keys and over the network, so never from a file.
func (g *gallery) check(p *filter.Params) error {
	return g.each(g.named, p.Style, p.PersonStyle)
}

// load loads the styles of mixes, names or files.
func (g *gallery) load(ctx context.Context, mixes ...filter.Mix) error {
	return g.each(func(name string) (*style.Tensors, error) { return g.find(ctx, name) }, mixes...)
}

func (g *gallery) each(find func(string) (*style.Tensors, error), mixes ...filter.Mix) error {
	for _, mix := range mixes {
		for _, part := range mix {
			if _, err := g.Tensors(part.Name); err == nil {
				continue
			}
			t, err := find(part.Name)
			if err != nil {
				return err
			}
			g.keep(part.Name, t)
		}
	}
	return nil
}

func (g *gallery) named(name string) (*style.Tensors, error) {
	s, err := g.collection.Get(name)
	if err != nil {
		return nil, err
	}
	return s.For(g.graph.Name, g.graph.SHA256)
}

// find takes a name for a file's if it looks like one, or if there is no style of
// that name and there is such a file.
func (g *gallery) find(ctx context.Context, name string) (*style.Tensors, error) {
	looksLikeFile := strings.ContainsRune(name, filepath.Separator) || filepath.Ext(name) != ""
	if !looksLikeFile {
		t, err := g.named(name)
		if _, stat := os.Stat(name); err == nil || stat != nil {
			return t, err
		}
	}
	if filepath.Ext(name) == ".style" {
		s, err := style.Read(name)
		if err != nil {
			return nil, err
		}
		return s.For(g.graph.Name, g.graph.SHA256)
	}
	return g.encode(ctx, name)
}

// encode has a picture's style encoded: scaled to cover the encoder's square, the
// middle of it taken.
func (g *gallery) encode(ctx context.Context, picture string) (*style.Tensors, error) {
	g.encoding.Lock()
	defer g.encoding.Unlock()
	if err := ctx.Err(); err != nil { // another encoding may have kept us waiting
		return nil, err
	}
	if g.closed {
		return nil, fmt.Errorf("encode the style of %s: the program ends", picture)
	}
	if g.encoder == nil {
		encoder, err := g.runtime.StyleEncoder(g.graph)
		if err != nil {
			return nil, err
		}
		g.encoder = encoder
	}
	square, err := capture.ReadPictureCovering(ctx, picture, g.encoder.Side(), g.encoder.Side())
	if err != nil {
		return nil, err
	}
	t, err := g.encoder.Encode(square.Pix)
	if err != nil {
		return nil, fmt.Errorf("encode the style of %s: %w", picture, err)
	}
	return t, nil
}

// Close closes the encoder, when it has done what it is at: an upload may outlive the
// server that took it.
func (g *gallery) Close() error {
	g.encoding.Lock()
	defer g.encoding.Unlock()
	g.closed = true
	if g.encoder == nil {
		return nil
	}
	return g.encoder.Close()
}
