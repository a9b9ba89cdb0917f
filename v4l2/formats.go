package v4l2

import "unsafe"

// Formats lists the layouts that a queue of the device knows.
func (d *Device) Formats(q Queue) []Fourcc {
	var all []Fourcc
	for i := range uint32(64) { // a driver that never ends must not hold us
		f := rawFormatDesc{index: i, queue: uint32(q)}
		if ioctl(d.fd, enumFormats, unsafe.Pointer(&f)) != nil {
			break
		}
		all = append(all, Fourcc(f.fourcc))
	}
	return all
}

// Size is one size of picture, or a range of them.
type Size struct {
	Width, Height       int // the largest
	MinWidth, MinHeight int // the smallest: the same, unless the driver scales
}

// Sizes lists the sizes of a layout.
func (d *Device) Sizes(f Fourcc) []Size {
	const discrete = 1
	var all []Size
	for i := range uint32(64) {
		s := rawSize{index: i, fourcc: uint32(f)}
		if ioctl(d.fd, enumSizes, unsafe.Pointer(&s)) != nil {
			break
		}
		if s.kind != discrete {
			return []Size{{int(s.maxWidth), int(s.maxHeight), int(s.minWidth), int(s.minHeight)}}
		}
		w, h := int(s.minWidth), int(s.maxWidth) // the first two fields of the union
		all = append(all, Size{w, h, w, h})
	}
	return all
}

// Rates lists the frames a second of a layout and size, the fastest alone where
// the driver takes any.
func (d *Device) Rates(f Fourcc, width, height int) []float64 {
	const discrete = 1
	var all []float64
	for i := range uint32(64) {
		r := rawInterval{index: i, fourcc: uint32(f), width: uint32(width), height: uint32(height)}
		if ioctl(d.fd, enumIntervals, unsafe.Pointer(&r)) != nil {
			break
		}
		all = append(all, r.min.perSecond())
		if r.kind != discrete {
			break
		}
	}
	return all
}
