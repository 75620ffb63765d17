package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"

	"golang.org/x/image/webp"
)

// An orientation says how pixels must be turned to be upright, as Exif numbers it: 1 is as they are.
type orientation int

func (o orientation) swapsSides() bool { return o >= 5 }

// size returns the size, before turning, of a picture that is width by height when it is upright.
func (o orientation) size(width, height int) image.Point {
	if o.swapsSides() {
		return image.Pt(height, width)
	}
	return image.Pt(width, height)
}

// apply turns a picture upright.
func (o orientation) apply(m *image.NRGBA) *image.NRGBA {
	if o <= 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	size := o.size(w, h)
	to := image.NewNRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			var from image.Point
			switch o {
			case 2:
				from = image.Pt(w-1-x, y)
			case 3:
				from = image.Pt(w-1-x, h-1-y)
			case 4:
				from = image.Pt(x, h-1-y)
			case 5:
				from = image.Pt(y, x)
			case 6:
				from = image.Pt(y, h-1-x)
			case 7:
				from = image.Pt(w-1-y, h-1-x)
			case 8:
				from = image.Pt(w-1-y, x)
			}
			to.SetNRGBA(x, y, m.NRGBAAt(from.X, from.Y))
		}
	}
	return to
}

// orientationOf reads the orientation from Exif data, a TIFF file; 1 if there is none that can be read.
func orientationOf(exif []byte) orientation {
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
	default:
		return 1
	}
	at := uint64(order.Uint32(exif[4:]))
	if at+2 > uint64(len(exif)) {
		return 1
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			return 1
		}
		const tag, short = 0x0112, 3
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if o := orientation(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// exifOfJPEG finds the Exif segment before the pixels.
func exifOfJPEG(content []byte) []byte {
	const exif, pixels = 0xe1, 0xda
	for rest := content[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		if rest[1] == 0xff { // filling
			rest = rest[1:]
			continue
		}
		length := int(binary.BigEndian.Uint16(rest[2:]))
		if rest[1] == pixels || length < 2 || 2+length > len(rest) {
			return nil
		}
		if data, ok := bytes.CutPrefix(rest[4:2+length], []byte("Exif\x00\x00")); ok && rest[1] == exif {
			return data
		}
		rest = rest[2+length:]
	}
	return nil
}

// exifOfPNG finds the chunk eXIf.
func exifOfPNG(content []byte) []byte {
	for rest := content[len(pngMagic):]; len(rest) >= 12; {
		length := uint64(binary.BigEndian.Uint32(rest))
		if length+12 > uint64(len(rest)) {
			return nil
		}
		if string(rest[4:8]) == "eXIf" {
			return rest[8 : 8+length]
		}
		rest = rest[12+length:]
	}
	return nil
}

// exifOfWebP finds the chunk EXIF, which may begin as in a JPEG.
func exifOfWebP(content []byte) []byte {
	data := chunkOfWebP(content, "EXIF")
	return bytes.TrimPrefix(data, []byte("Exif\x00\x00"))
}

// chunkOfWebP finds the first chunk with a name; nil if there is none.
func chunkOfWebP(content []byte, name string) []byte {
	for rest := content[12:]; len(rest) >= 8; {
		length := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if length+8 > uint64(len(rest)) {
			return nil
		}
		if string(rest[:4]) == name {
			return rest[8 : 8+length]
		}
		rest = rest[min(8+length+length%2, uint64(len(rest))):]
	}
	return nil
}

var errSizes = errors.New("the picture and its frame differ in size")

// configOfWebP reads the size. The file says it twice: of the frame, and of the pixels in it, which must be the same, since
// memory is taken by the second.
func configOfWebP(content []byte) (image.Config, error) {
	config, err := webp.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return config, err
	}
	var width, height int
	switch lossy, lossless := chunkOfWebP(content, "VP8 "), chunkOfWebP(content, "VP8L"); {
	case (len(lossy) >= 10) == (len(lossless) >= 5):
		return config, errSizes // none, or both
	case len(lossy) >= 10:
		width, height = int(binary.LittleEndian.Uint16(lossy[6:])&0x3fff), int(binary.LittleEndian.Uint16(lossy[8:])&0x3fff)
	default:
		bits := binary.LittleEndian.Uint32(lossless[1:])
		width, height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
	}
	if width != config.Width || height != config.Height {
		return config, errSizes
	}
	return config, nil
}
