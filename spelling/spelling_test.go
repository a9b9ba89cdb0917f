package spelling

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"window", "webrtc", "whip", "starry-night", "scream", "feather"}
	for typed, want := range map[string]string{
		"windw": "window", "windos": "window", "Window": "window", "webrct": "webrtc",
		"starry-nigt": "starry-night", "Scream": "scream", "fether": "feather",
		"": "", "zzz": "", "monet": "",
	} {
		if got := Nearest(typed, words); got != want {
			t.Errorf("%q is taken for %q, want %q", typed, got, want)
		}
	}
	if got := Nearest("scream", nil); got != "" {
		t.Errorf("of no words %q is the nearest", got)
	}
}
