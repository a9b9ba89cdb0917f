// Package spelling finds the word that a mistyped one was probably meant to be.
package spelling

import (
	"strings"

	"github.com/xrash/smetrics"
)

// Nearest returns the word that is most like the one typed, "" if none comes close.
func Nearest(typed string, words []string) string {
	typed = strings.ToLower(typed)
	found, best := "", 0.75
	for _, word := range words {
		if likeness := smetrics.JaroWinkler(typed, word, 0.7, 4); likeness > best {
			found, best = word, likeness
		}
	}
	return found
}
