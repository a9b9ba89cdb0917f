package device

import (
	"cmp"
	"errors"
	"fmt"
	"image"

	"stylecam/blend"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/resample"
	"stylecam/style"
)

// rig is all that the shapes of a chain's tensors depend on, and its tables.
type rig struct {
	frame, mask, paint image.Point
	masked             bool
	styles             int
	soften             int // radius
}

// size is what the memory of the mask depends on.
type size struct{ frame, mask image.Point }

// chain is every call that a picture takes, with its tensors, for one rig.
type chain struct {
	all                     []*infer.Call
	load, paint, compose    *infer.Call
	toImage, toContent      []*infer.Call
	segment, refine         [2]*infer.Call // by whose turn it is
	segmentFirst            [2]*infer.Call // for a SegNet that takes its last mask: with none
	host, picture           []byte
	rate, fresh             [2]dial
	back, front             [2]dial // alphas of SANet's map
	backShare, frontShare   [2]dial
	alpha, share            dial // of the whole picture, where there is no mask
	detailBack, detailFront dial
	photoBack, photoFront   dial
	tensors                 infer.Styles
	styles                  []*style.Tensors // that those hold
}

func (c *chain) close() error {
	var errs []error
	for _, call := range c.all {
		errs = append(errs, call.Close())
	}
	*c = chain{}
	return errors.Join(errs...)
}

// bind makes the chain for a rig, unless it is there. What the rigs have in common,
// the memory of the mask above all, stays.
func (p *Pipeline) bind(r rig, styles []*style.Tensors) error {
	if p.rig == r {
		return nil
	}
	if now := (size{r.frame, r.mask}); r.masked && p.memory != now {
		p.warm, p.memory = false, now
	}
	p.rig = rig{}
	if err := p.chain.close(); err != nil {
		return err
	}
	b := &binder{Pipeline: p, rig: r, guide: blend.GuideSize(r.frame.X, r.frame.Y)}
	b.load()
	if r.masked {
		b.mask()
	}
	b.paint(styles[0])
	b.compose()
	for _, c := range p.chain.all { // of which none may be set or run, unless all are whole
		b.err = cmp.Or(b.err, c.Err())
	}
	if b.err != nil {
		return fmt.Errorf("at %v: %w", r.frame, errors.Join(b.err, p.chain.close()))
	}
	p.rig = r
	return nil
}

// binder makes a chain.
type binder struct {
	*Pipeline
	rig    rig
	guide  image.Point
	halves []*infer.Call // made so far, each half of the one before
	err    error         // the first
}

func (b *binder) call(graph string) *infer.Call {
	c := b.kernels[graph].Call()
	b.chain.all = append(b.chain.all, c)
	return c
}

// tensor returns the tensor of a name, made anew where it had other dimensions; nil if
// there is no room for it.
func tensor[E infer.Element](b *binder, name string, dims ...int) *infer.Tensor {
	t := b.tensors[name]
	if t != nil && t.Has(dims...) {
		return t
	}
	if t != nil {
		t.Free()
		delete(b.tensors, name)
	}
	t, err := infer.NewTensor[E](b.device, dims...)
	if err != nil {
		b.err = cmp.Or(b.err, err)
		return nil
	}
	b.tensors[name] = t
	return t
}

// plane is a tensor of one channel.
func plane[E infer.Element](b *binder, name string, size image.Point) *infer.Tensor {
	return tensor[E](b, name, 1, 1, size.Y, size.X)
}

func picture(b *binder, name string, size image.Point) *infer.Tensor {
	return tensor[uint8](b, name, 1, size.Y, size.X, 3)
}

// tables gives a call the tables of one resampling.
func tables(c *infer.Call, name string, rows, columns resample.Taps) {
	for side, t := range map[string]resample.Taps{"_rows": rows, "_columns": columns} {
		copy(infer.In[int32](c, name+side, t.N, t.K), t.Index)
		copy(infer.In[float32](c, name+side+"_weights", t.N, t.K), t.Weight)
	}
}

func linear(c *infer.Call, name string, from, to image.Point) {
	tables(c, name, resample.Linear(from.Y, to.Y), resample.Linear(from.X, to.X))
}

func area(c *infer.Call, name string, from, to image.Point) {
	tables(c, name, resample.Area(from.Y, to.Y), resample.Area(from.X, to.X))
}

func (b *binder) load() {
	c, f := b.call(models.Load), b.rig.frame
	b.chain.load = c
	b.chain.host = infer.In[uint8](c, "image", 1, f.Y, f.X, 3)
	area(c, "guide", f, b.guide)
	c.To("frame", picture(b, "frame", f))
	c.To("luma", plane[uint8](b, "luma", f))
	c.To("guide", plane[uint8](b, "guide", b.guide))
}

// shrink resizes the frame as blend's Scene does: it halves while the frame is at
// least twice as large, then interpolates; margin places are added all around, the
// border's reflected. It returns the calls that this takes beyond those made before.
func (b *binder) shrink(name string, to image.Point, margin int) []*infer.Call {
	var calls []*infer.Call
	from, last := b.rig.frame, b.tensors["frame"]
	for level := 0; from.X >= 2*to.X && from.Y >= 2*to.Y; level++ {
		half := from.Div(2)
		out := picture(b, fmt.Sprint("half ", level), half)
		if level == len(b.halves) {
			c := b.call(models.Shrink)
			c.From("image", last)
			area(c, "to", from, half)
			c.To("resized", out)
			b.halves = append(b.halves, c)
			calls = append(calls, c)
		}
		from, last = half, out
	}
	c := b.call(models.Interpolate)
	c.From("image", last)
	tables(c, "to", resample.Linear(from.Y, to.Y).Reflected(margin), resample.Linear(from.X, to.X).Reflected(margin))
	c.To("resized", picture(b, name, to.Add(image.Pt(2*margin, 2*margin))))
	return append(calls, c)
}

// mask binds SegNet and the refinement, twice: what one frame leaves the next takes,
// and leaves its own in the other half.
func (b *binder) mask() {
	size := b.rig.mask
	b.chain.toImage = b.shrink("image", size, 0)
	for turn := range 2 {
		was, is := fmt.Sprint(" ", turn), fmt.Sprint(" ", 1-turn)
		segment := func() *infer.Call {
			c := b.call(models.SegNet)
			c.From("image", b.tensors["image"])
			c.To("mask", plane[float32](b, "raw"+is, size))
			return c
		}
		b.chain.segment[turn] = segment()
		if b.recalls {
			b.chain.segment[turn].From("previous", plane[float32](b, "raw"+was, size))
			b.chain.segmentFirst[turn] = segment()
			infer.In[float32](b.chain.segmentFirst[turn], "previous", 1, 1, size.Y, size.X)
		}

		c := b.call(models.Refine)
		b.chain.refine[turn] = c
		c.From("raw", b.tensors["raw"+is])
		c.From("guide", b.tensors["guide"])
		for _, name := range []string{"mask", "luma", "activity"} {
			c.From("was_"+name, plane[float32](b, "is "+name+was, size))
			c.To("is_"+name, plane[float32](b, "is "+name+is, size))
		}
		c.From("was_guide", plane[float32](b, "is guide"+was, b.guide))
		c.To("is_guide", plane[float32](b, "is guide"+is, b.guide))
		b.chain.fresh[turn], b.chain.rate[turn] = newDial(c, "fresh", 1), newDial(c, "rate", 1)
		linear(c, "small", b.guide, size)
		linear(c, "up", size, b.guide)
		tables(c, "soften", resample.Box(b.guide.Y, b.rig.soften), resample.Box(b.guide.X, b.rig.soften))
		const rim = blend.Margin / 4
		places := b.rig.paint.Div(4)
		tables(c, "places", resample.Area(b.guide.Y, places.Y-2*rim).Repeated(rim), resample.Area(b.guide.X, places.X-2*rim).Repeated(rim))
		n := b.rig.styles
		b.chain.back[turn], b.chain.front[turn] = newDial(c, "back", 1, 2, 1, 1), newDial(c, "front", 1, 2, 1, 1)
		b.chain.backShare[turn], b.chain.frontShare[turn] = newDial(c, "back_share", 1, n, 1, 1), newDial(c, "front_share", 1, n, 1, 1)
		c.To("sharp", plane[uint8](b, "sharp", b.guide))
		c.To("soft", plane[uint8](b, "soft", b.guide))
		c.To("alpha", tensor[float32](b, "alpha", 1, 2, places.Y, places.X))
		c.To("share", tensor[float32](b, "share", 1, n, places.Y, places.X))
	}
}

func (b *binder) paint(s *style.Tensors) {
	to, places, n := b.rig.paint, b.rig.paint.Div(4), b.rig.styles
	b.chain.toContent = b.shrink("content", to.Sub(image.Pt(2*blend.Margin, 2*blend.Margin)), blend.Margin)
	c := b.call(models.SANetPaint)
	b.chain.paint = c
	c.From("image", b.tensors["content"])
	b.chain.tensors = infer.StylesIn(c, n, s.Widths)
	if b.rig.masked {
		c.From("alpha", b.tensors["alpha"])
		c.From("share", b.tensors["share"])
	} else {
		b.chain.alpha = newDial(c, "alpha", 1, 2, places.Y, places.X)
		b.chain.share = newDial(c, "share", 1, n, places.Y, places.X)
	}
	c.To("painting", picture(b, "painting", to))
}

func (b *binder) compose() {
	c, f := b.call(models.Compose), b.rig.frame
	b.chain.compose = c
	for _, name := range []string{"frame", "luma", "painting", "content"} {
		c.From(name, b.tensors[name])
	}
	linear(c, "up", b.rig.paint.Sub(image.Pt(2*blend.Margin, 2*blend.Margin)), f)
	if b.rig.masked {
		c.From("sharp", b.tensors["sharp"])
		c.From("soft", b.tensors["soft"])
		linear(c, "full", b.guide, f)
	} else { // both layers are one, so that any mask does
		infer.In[uint8](c, "sharp", 1, 1, 1, 1)
		infer.In[uint8](c, "soft", 1, 1, 1, 1)
		linear(c, "full", image.Pt(1, 1), f)
	}
	b.chain.detailBack, b.chain.detailFront = newDial(c, "detail_back", 1), newDial(c, "detail_front", 1)
	b.chain.photoBack, b.chain.photoFront = newDial(c, "photo_back", 1), newDial(c, "photo_front", 1)
	b.chain.picture = infer.Out[uint8](c, "picture", 1, f.Y, f.X, 3)
}
