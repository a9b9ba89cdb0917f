package device

import (
	"slices"

	"stylecam/blend"
	"stylecam/infer"
)

// dial is a host input of few numbers, uploaded when they change.
type dial struct {
	call *infer.Call
	name string
	at   []float32
}

func newDial(c *infer.Call, name string, dims ...int) dial {
	return dial{c, name, infer.In[float32](c, name, dims...)}
}

func (d dial) set(values ...float32) {
	if !slices.Equal(d.at, values) {
		copy(d.at, values)
		d.call.Renew(d.name)
	}
}

// fill sets equal parts of a dial to one value each.
func (d dial) fill(values ...float32) {
	part := len(d.at) / len(values)
	for i, v := range values {
		if d.at[i*part] != v {
			for k := range part {
				d.at[i*part+k] = v
			}
			d.call.Renew(d.name)
		}
	}
}

// set turns the dials for one frame.
func (c *chain) set(job *Job, turn int, fresh bool) {
	b, f := &job.Background, &job.Person
	if job.Masked {
		c.fresh[turn].set(map[bool]float32{true: 1}[fresh])
		c.rate[turn].set(blend.Rate(job.Smoothing))
		c.back[turn].set(b.Alpha.Low, b.Alpha.High)
		c.front[turn].set(f.Alpha.Low, f.Alpha.High)
		c.backShare[turn].set(b.Share...)
		c.frontShare[turn].set(f.Share...)
	} else {
		f = b
		c.alpha.fill(b.Alpha.Low, b.Alpha.High)
		c.share.fill(b.Share...)
	}
	c.detailBack.set(255 * b.Finish.Detail)
	c.detailFront.set(255 * f.Finish.Detail)
	c.photoBack.set(255 * b.Finish.Photo)
	c.photoFront.set(255 * f.Finish.Photo)
	if slices.Equal(c.styles, job.Styles) {
		return
	}
	c.styles = slices.Clone(job.Styles)
	c.tensors.Set(job.Styles)
	c.paint.Renew()
}
