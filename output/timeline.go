package output

import (
	"math"
	"time"

	"stylecam/frame"
)

// timeline places pictures on the even time line of a video. A camera's frames
// come unevenly and a painter drops some; telephones and screen recorders write
// videos whose frames stand as unevenly. A video that took each for 1/30 s would
// play too fast and part from its sound.
//
//	captured   0    34        99  140          ms
//	slots     |0   |1   |1   |2  |3    |       33 ms each: 1 is shown twice
//
// A picture may sit a little beside its true place before anything is repeated or
// dropped, so that jitter alone changes nothing.
type timeline struct {
	fps    float64
	policy frame.Policy
	start  time.Time
	placed int // slots filled so far
}

// slack is how far from its place a picture may stand, in slots: less than 1, so
// that a source of half the rate is shown twice a picture and not once and thrice.
const slack = 0.75

// longestGap bounds how long the last picture is held. A source that was away for
// longer (a laptop asleep) is taken up as if it had been away for that long.
const longestGap = 10 * time.Second

// place says how often the last picture is to be repeated before a new one,
// captured at that time, and whether the new one is to be written at all.
func (l *timeline) place(captured time.Time) (repeat int, write bool) {
	if l.placed == 0 {
		l.start = captured
	}
	ahead := captured.Sub(l.start).Seconds()*l.fps - float64(l.placed)
	if ahead < -slack && l.policy == frame.Newest {
		return 0, false
	}
	if ahead > slack {
		repeat = int(math.Round(ahead))
	}
	if most := int(longestGap.Seconds() * l.fps); repeat > most {
		l.start = l.start.Add(time.Duration(float64(repeat-most) / l.fps * float64(time.Second)))
		repeat = most
	}
	l.placed += repeat + 1
	return repeat, true
}
