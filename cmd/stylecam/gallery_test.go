package main

import (
	"strings"
	"testing"

	"stylecam/models"
)

// An upload that is still on its way when the program ends finds no encoder.
func TestNothingIsEncodedAfterTheEnd(t *testing.T) {
	g := newGallery(nil, nil, models.Graph{})
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.encode(t.Context(), "late.png"); err == nil || !strings.Contains(err.Error(), "the program ends") {
		t.Errorf("error is %v", err)
	}
}
