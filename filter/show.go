package filter

import (
	"context"
	"fmt"
	"time"

	"stylecam/frame"
)

// What every sink is shown, the first that holds:
//
//	switched off (Params.Blank)    the card pictureOff
//	the source is gone, or rests   the card that stands in for it
//	the filter failed              the card filterFails, or the frame where Config.ShowOriginal says so
//	else                           the picture
//
// One lock is held from that choice to the sinks' slots, so that nothing which was
// on its way before a change comes out on top of what the change put there.

// notice is what a card says.
type notice struct{ title, text string }

var (
	pictureOff  = notice{"Picture off", "nothing is shown until it is switched on again"}
	cameraLost  = notice{"Camera lost", "waiting for it to come back"}
	cameraRests = notice{"Camera off", "it comes on when somebody looks"}
	filterFails = notice{"The filter failed", "waiting for it to work again"}
)

// due returns the notice that goes before any picture, nil if there is none. The
// caller holds publish.
func (l *Live) due() *notice {
	if l.params.Load().Blank {
		return &pictureOff
	}
	return l.standIn
}

// show hands a picture to every sink, unless a card is due.
func (l *Live) show(ctx context.Context, f *frame.Frame) error {
	l.publish.Lock()
	defer l.publish.Unlock()
	if l.due() != nil {
		return nil
	}
	l.shown, l.seq = size{f.Width, f.Height}, f.Seq
	return l.put(ctx, f)
}

// card shows a notice, or the one that goes before it.
func (l *Live) card(n notice) {
	l.publish.Lock()
	defer l.publish.Unlock()
	if due := l.due(); due != nil {
		n = *due
	}
	l.putCard(n)
}

// cardIfDue shows the notice that is due, if there is one.
func (l *Live) cardIfDue() {
	l.publish.Lock()
	defer l.publish.Unlock()
	if n := l.due(); n != nil {
		l.putCard(*n)
	}
}

// replaceSource says what stands in for the source from now on, and shows it; nil
// says that frames come.
func (l *Live) replaceSource(n *notice) {
	l.publish.Lock()
	defer l.publish.Unlock()
	if l.standIn = n; n != nil {
		l.putCard(*l.due())
	}
}

// sizeCards takes the size of cards from a frame where no picture tells it: of the
// first frame it may take long to come, of a frame while switched off none is made.
func (l *Live) sizeCards(f *frame.Frame) {
	l.publish.Lock()
	defer l.publish.Unlock()
	l.shown = size{f.Width, f.Height}
}

// putCard draws a notice in the size of the last picture. Before a frame has come
// there is no picture to go before, and a virtual camera keeps its first size for
// life: then it waits for that frame.
func (l *Live) putCard(n notice) {
	if l.shown == (size{}) {
		return
	}
	f := l.cfg.Pool.Get(l.shown.width, l.shown.height)
	defer f.Release()
	l.cfg.Card(f, n.title, n.text)
	f.Seq, f.Captured, f.Card = l.seq, time.Now(), true
	_ = l.put(context.Background(), f) // cards are shown live, where a slot never waits
}

// put hands f to every sink. The caller holds publish.
func (l *Live) put(ctx context.Context, f *frame.Frame) error {
	if l.closed {
		return nil
	}
	for _, o := range l.outputs {
		if err := o.slot.Put(ctx, f.Retain()); err != nil {
			return err
		}
	}
	return nil
}

// filterFailed decides what is seen of a frame that could not be painted. A
// filter that never worked, and a file whose frames all count, end the run.
func (l *Live) filterFailed(ctx context.Context, f *frame.Frame, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = fmt.Errorf("filter, frame %d: %w", f.Seq, err)
	if l.stats.snapshot().Frames == 0 || l.cfg.Policy == frame.Every {
		return err
	}
	instead := "a card"
	if l.cfg.ShowOriginal {
		instead = "the original"
	}
	if l.stats.failure() == 1 {
		l.cfg.Log.Error("the filter fails; "+instead+" is shown until it works again", "err", err)
	}
	if l.cfg.ShowOriginal {
		return l.show(ctx, f)
	}
	l.card(filterFails)
	return nil
}
