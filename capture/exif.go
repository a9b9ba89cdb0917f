package capture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation is EXIF's tag 0x0112: how the camera was held (EXIF 2.32, 4.6.4).
//
//	1 upright   2 mirrored   3 upside down   4 upside down and mirrored
//	5 transposed   6 turn right   7 transposed the other way   8 turn left
type orientation uint16

const upright orientation = 1

// size is that of the picture once it stands upright.
func (o orientation) size(w, h int) (int, int) {
	if o >= 5 {
		return h, w
	}
	return w, h
}

// row says where the pixels of stored row y go: the place of its first pixel and
// the step from one pixel to the next.
func (o orientation) row(y, w, h int) (at, step image.Point) {
	switch o {
	case 2:
		return image.Pt(w-1, y), image.Pt(-1, 0)
	case 3:
		return image.Pt(w-1, h-1-y), image.Pt(-1, 0)
	case 4:
		return image.Pt(0, h-1-y), image.Pt(1, 0)
	case 5:
		return image.Pt(y, 0), image.Pt(0, 1)
	case 6:
		return image.Pt(h-1-y, 0), image.Pt(0, 1)
	case 7:
		return image.Pt(h-1-y, w-1), image.Pt(0, -1)
	case 8:
		return image.Pt(y, w-1), image.Pt(0, -1)
	}
	return image.Pt(0, y), image.Pt(1, 0)
}

// orientationOf finds how a JPEG, PNG, WebP or TIFF file is to be held; whatever
// says nothing, or nonsense, is upright.
func orientationOf(file []byte) orientation {
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xd8")):
		return exifOrientation(exifInJPEG(file))
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		return exifOrientation(exifInPNG(file))
	case len(file) > 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		return exifOrientation(exifInWebP(file))
	}
	return exifOrientation(file) // a TIFF file has the very structure of EXIF
}

// exifInJPEG walks the segments up to the picture itself.
func exifInJPEG(file []byte) []byte {
	for rest := file[2:]; len(rest) >= 4 && rest[0] == 0xff && rest[1] != 0xda; {
		n := int(binary.BigEndian.Uint16(rest[2:])) + 2
		if n < 4 || n > len(rest) {
			break
		}
		if exif, ok := bytes.CutPrefix(rest[4:n], []byte("Exif\x00\x00")); ok && rest[1] == 0xe1 {
			return exif
		}
		rest = rest[n:]
	}
	return nil
}

func exifInPNG(file []byte) []byte {
	for rest := file[8:]; len(rest) >= 12; {
		n := binary.BigEndian.Uint32(rest)
		if uint64(n)+12 > uint64(len(rest)) {
			break
		}
		if string(rest[4:8]) == "eXIf" {
			return rest[8 : 8+n]
		}
		rest = rest[12+n:]
	}
	return nil
}

func exifInWebP(file []byte) []byte {
	for rest := file[12:]; len(rest) >= 8; {
		n := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if n+8 > uint64(len(rest)) {
			break
		}
		if string(rest[:4]) == "EXIF" {
			return bytes.TrimPrefix(rest[8:8+n], []byte("Exif\x00\x00"))
		}
		rest = rest[min(8+n+n%2, uint64(len(rest))):]
	}
	return nil
}

// exifOrientation looks the tag up in the first directory.
func exifOrientation(exif []byte) orientation {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(exif, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(exif, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return upright
	}
	if len(exif) < 8 {
		return upright
	}
	const tagOrientation, typeShort = 0x0112, 3
	at := uint64(order.Uint32(exif[4:]))
	if at+2 > uint64(len(exif)) {
		return upright
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == tagOrientation && order.Uint16(entries[2:]) == typeShort {
			if o := orientation(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			break
		}
		entries = entries[12:]
	}
	return upright
}
