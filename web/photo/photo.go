// Package photo takes pictures as people send them and makes pictures that can be kept: small enough, the right way up
// and free of everything that a camera writes into a file. It trusts nothing of what it is given.
package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // read, never written

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // read, never written
)

// Bounds of what is taken: a phone's picture fits, a file that unfolds into gigabytes does not.
const (
	MostBytes  = 12 << 20
	mostPixels = 52_000_000
	mostSide   = 20_000
	// mostMemory is what one picture may take unfolded: one of 50 megapixels as phones write it fits, and a progressive one,
	// of which the decoder keeps all coefficients, of 16.
	mostMemory = 160 << 20
)

// Sentinels of what is wrong with a file.
var (
	ErrKind = errors.New("photo: not a JPEG, PNG or WebP picture")
	ErrSize = errors.New("photo: too large")
)

// working bounds how many pictures are unfolded at once: each may take a few hundred megabytes.
var working = make(chan struct{}, 2)

// Shrink decodes a picture, turns it the right way up, shrinks it to side pixels and writes it anew as a JPEG of at most
// bytes. What comes out holds pixels and nothing else.
func Shrink(file []byte, side, bytes int) ([]byte, error) {
	if len(file) > MostBytes {
		return nil, ErrSize
	}
	config, kind, err := image.DecodeConfig(reader(file))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKind, err)
	}
	if config.Width < 1 || config.Height < 1 {
		return nil, ErrKind
	}
	if config.Width > mostSide || config.Height > mostSide || config.Width*config.Height > mostPixels {
		return nil, ErrSize
	}
	if unfolded(file, kind, config) > mostMemory {
		return nil, ErrSize
	}
	working <- struct{}{}
	defer func() { <-working }()
	src, _, err := image.Decode(reader(file))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKind, err)
	}
	turn := orientation(kind, file)
	for ; side >= 200; side = side * 3 / 4 {
		small := turned(fitted(src, side), turn)
		for _, quality := range []int{85, 75, 65} {
			out, err := encode(small, quality)
			if err != nil {
				return nil, err
			}
			if len(out) <= bytes {
				return out, nil
			}
		}
	}
	return nil, ErrSize
}

// unfolded estimates the bytes that decoding a picture takes.
func unfolded(file []byte, kind string, config image.Config) int64 {
	pixels := int64(config.Width) * int64(config.Height)
	switch kind {
	case "jpeg":
		samples, progressive := jpegFrame(file)
		tenths := int64(10 * samples)
		if progressive {
			tenths *= 5 // a coefficient of 32 bits for each sample besides
		}
		return pixels * tenths / 10
	case "png":
		switch config.ColorModel {
		case color.RGBA64Model, color.NRGBA64Model:
			return 2 * 8 * pixels // an interlaced picture is there twice
		case color.Gray16Model:
			return 2 * 2 * pixels
		case color.GrayModel:
			return 2 * pixels
		}
	}
	return 2 * 4 * pixels
}

// jpegFrame returns how many samples a pixel has, from 1 for grey to 3 or 4 for colour that is not reduced, and whether the
// file is progressive.
func jpegFrame(file []byte) (samples float64, progressive bool) {
	for i := 2; i+4 <= len(file) && file[i] == 0xFF; {
		marker := file[i+1]
		if marker == 0xFF { // filling
			i++
			continue
		}
		size := int(binary.BigEndian.Uint16(file[i+2:]))
		if size < 2 || i+2+size > len(file) {
			break
		}
		if marker >= 0xC0 && marker <= 0xC2 {
			frame := file[i+4 : i+2+size]
			if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
				break
			}
			var all, most int
			for c := range int(frame[5]) {
				n := int(frame[7+3*c]>>4) * int(frame[7+3*c]&15)
				all, most = all+n, max(most, n)
			}
			if most == 0 {
				break
			}
			return float64(all) / float64(most), marker == 0xC2
		}
		i += 2 + size
	}
	return 4, true // unknown: the worst
}

func reader(b []byte) *bytes.Reader { return bytes.NewReader(b) }

func encode(m image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode photo: %w", err)
	}
	return b.Bytes(), nil
}

// fitted is the picture on white, no side longer than side.
func fitted(src image.Image, side int) *image.RGBA {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if longer := max(w, h); longer > side {
		w, h = max(w*side/longer, 1), max(h*side/longer, 1)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Over, nil)
	return dst
}

// turned applies an EXIF orientation, 1 to 8.
func turned(m *image.RGBA, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return m
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	ow, oh := w, h
	if orientation >= 5 {
		ow, oh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	for y := range oh {
		for x := range ow {
			var sx, sy int
			switch orientation {
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			out.SetRGBA(x, y, m.RGBAAt(sx, sy))
		}
	}
	return out
}

// orientation reads how the camera was held, the one thing of EXIF that is needed before the rest is thrown away. 1 when
// the file does not say, or says it wrongly.
func orientation(kind string, file []byte) int {
	switch kind {
	case "jpeg":
		return exifOrientation(jpegEXIF(file))
	case "png":
		return exifOrientation(chunk(file, 8, "eXIf", binary.BigEndian, true))
	case "webp":
		return exifOrientation(bytes.TrimPrefix(chunk(file, 12, "EXIF", binary.LittleEndian, false), []byte("Exif\x00\x00")))
	}
	return 1
}

// jpegEXIF finds the EXIF of a JPEG. Any number of fill bytes may stand before a marker.
func jpegEXIF(file []byte) []byte {
	for i := 2; i+4 <= len(file) && file[i] == 0xFF; {
		if file[i+1] == 0xFF {
			i++
			continue
		}
		marker, size := file[i+1], int(binary.BigEndian.Uint16(file[i+2:]))
		if marker == 0xDA || size < 2 || i+2+size > len(file) {
			return nil
		}
		segment := file[i+4 : i+2+size]
		if marker == 0xE1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return segment[6:]
		}
		i += 2 + size
	}
	return nil
}

// chunk finds a named chunk of a PNG or a WebP file, whose chunks begin at a place. In a PNG the size stands before the name
// and a check sum behind the data; in a WebP file data fill up to an even size.
func chunk(file []byte, at int, name string, order binary.ByteOrder, png bool) []byte {
	for at+8 <= len(file) {
		size, title := int64(order.Uint32(file[at+4:])), string(file[at:at+4])
		next := int64(at) + 8 + size + size%2
		if png {
			size, title = int64(order.Uint32(file[at:])), string(file[at+4:at+8])
			next = int64(at) + 12 + size
		}
		if int64(at)+8+size > int64(len(file)) {
			return nil
		}
		if title == name {
			return file[at+8 : int64(at)+8+size]
		}
		at = int(next)
	}
	return nil
}

func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := uint64(order.Uint16(tiff[at:]))
	for n := range entries {
		e := at + 2 + 12*n
		if e+12 > uint64(len(tiff)) {
			return 1
		}
		if order.Uint16(tiff[e:]) == 0x0112 {
			v := uint32(order.Uint16(tiff[e+8:]))
			if order.Uint16(tiff[e+2:]) == 4 { // a LONG, as some programs write it
				v = order.Uint32(tiff[e+8:])
			}
			if v >= 1 && v <= 8 {
				return int(v)
			}
			return 1
		}
	}
	return 1
}
