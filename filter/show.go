package filter

import (
	"context"
	"fmt"
	"time"

	"stylecam/frame"
)

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
	if l.stats.failure() == 1 {
		l.cfg.Log.Error("the filter fails; a card is shown until it works again", "err", err)
	}
	if l.cfg.ShowOriginal {
		return l.show(ctx, f, false)
	}
	l.card("The filter failed", "waiting for it to work again")
	return nil
}

// show hands a picture, or a card, to every sink. A picture that was still being
// painted when a card took its place is not shown over it.
func (l *Live) show(ctx context.Context, f *frame.Frame, card bool) error {
	l.publish.Lock()
	defer l.publish.Unlock()
	if l.closed || !card && (l.lost.Load() || l.params.Load().Blank) {
		return nil
	}
	l.shown, l.seq = size{f.Width, f.Height}, f.Seq
	for _, o := range l.outputs {
		if err := o.slot.Put(ctx, f.Retain()); err != nil {
			return err
		}
	}
	return nil
}

const (
	blankTitle = "Picture off"
	blankText  = "nothing is shown until it is switched on again"
)

// card shows a notice in the size of the last picture.
func (l *Live) card(title, text string) {
	l.publish.Lock()
	s, seq := l.shown, l.seq
	l.publish.Unlock()
	f := l.cfg.Pool.Get(s.width, s.height)
	defer f.Release()
	l.cfg.Card(f, title, text)
	f.Seq, f.Captured, f.Card = seq, time.Now(), true
	_ = l.show(context.Background(), f, true) // cards are shown live, where Put never waits
}
