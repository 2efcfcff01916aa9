package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// picture is a wide red picture with a blue left edge, so that one sees how it is turned.
func picture(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{220, 30, 30, 255}
			if x < w/4 {
				c = color.RGBA{30, 30, 220, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func asJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const place = "GPS 47.89N 125.31E"

// withEXIF puts a camera's notes into a JPEG: an orientation, and a place that must not survive.
func withEXIF(file []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), tiff...)
	body = append(body, place...)
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append(out, body...), file[2:]...)
}

func TestShrinkKeepsPixelsOnly(t *testing.T) {
	t.Parallel()
	out, err := Shrink(withEXIF(asJPEG(t, picture(2400, 1200)), 1), 1600, 300_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"Exif", "GPS", "47.89"} {
		if bytes.Contains(out, []byte(hidden)) {
			t.Errorf("%q is still in the file", hidden)
		}
	}
	m, err := jpeg.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Dx() != 1600 || m.Bounds().Dy() != 800 {
		t.Errorf("is %v", m.Bounds())
	}
}

func TestShrinkTurnsPicturesUpright(t *testing.T) {
	t.Parallel()
	file := asJPEG(t, picture(400, 200))
	for orientation, blueAt := range map[uint16]image.Point{1: {10, 100}, 3: {390, 100}, 6: {100, 10}, 8: {100, 390}} {
		out, err := Shrink(withEXIF(file, orientation), 1600, 300_000)
		if err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if r, _, b, _ := m.At(blueAt.X, blueAt.Y).RGBA(); b < 2*r {
			t.Errorf("orientation %d: no blue at %v of %v", orientation, blueAt, m.Bounds())
		}
	}
}

// A corner of a picture goes where each orientation says, mirrored ones included.
func TestEveryOrientation(t *testing.T) {
	t.Parallel()
	m := image.NewRGBA(image.Rect(0, 0, 400, 200))
	for y := range 200 {
		for x := range 400 {
			c := color.RGBA{220, 30, 30, 255}
			if x < 100 && y < 50 { // the first corner of the file
				c = color.RGBA{30, 30, 220, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	file := asJPEG(t, m)
	wide, tall := image.Pt(400, 200), image.Pt(200, 400)
	for orientation, want := range map[uint16]struct{ size, corner image.Point }{
		0: {wide, image.Pt(0, 0)}, 1: {wide, image.Pt(0, 0)}, 2: {wide, image.Pt(1, 0)}, 3: {wide, image.Pt(1, 1)}, 4: {wide, image.Pt(0, 1)},
		5: {tall, image.Pt(0, 0)}, 6: {tall, image.Pt(1, 0)}, 7: {tall, image.Pt(1, 1)}, 8: {tall, image.Pt(0, 1)}, 9: {wide, image.Pt(0, 0)},
	} {
		out, err := Shrink(withEXIF(file, orientation), 1600, 300_000)
		if err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Bounds().Size(); got != want.size {
			t.Errorf("orientation %d: %v, want %v", orientation, got, want.size)
			continue
		}
		for x := range 2 {
			for y := range 2 {
				r, _, b, _ := m.At(10+x*(want.size.X-20), 10+y*(want.size.Y-20)).RGBA()
				if blue := b > 2*r; blue != (image.Pt(x, y) == want.corner) {
					t.Errorf("orientation %d: the corner at %d %d is blue: %v", orientation, x, y, blue)
				}
			}
		}
	}
}

// Pictures as cameras and programs write them: each is 400 by 200 and was taken upright.
func TestEveryFormOfOrientation(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/ph[1-8]_*")
	if err != nil || len(files) != 8 {
		t.Fatalf("%d pictures, %v", len(files), err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Shrink(file, 1600, 300_000)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil || m.Bounds().Dx() != 200 || m.Bounds().Dy() != 400 {
			t.Errorf("%s is %v, %v", name, m.Bounds(), err)
		}
	}
}

func TestShrinkStaysBelowTheBound(t *testing.T) {
	t.Parallel()
	noise := image.NewRGBA(image.Rect(0, 0, 1800, 1800))
	for i := range noise.Pix {
		noise.Pix[i] = byte(rand.Uint32())
	}
	out, err := Shrink(asJPEG(t, noise), 1600, 300_000)
	if err != nil || len(out) > 300_000 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

func TestShrinkRefusesHostileFiles(t *testing.T) {
	t.Parallel()
	var flat bytes.Buffer
	if err := png.Encode(&flat, picture(8, 8)); err != nil {
		t.Fatal(err)
	}
	// A PNG that says it is 50,000 by 50,000 pixels.
	bomb := bytes.Clone(flat.Bytes())
	binary.BigEndian.PutUint32(bomb[16:], 50_000)
	binary.BigEndian.PutUint32(bomb[20:], 50_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	// A deep PNG of 40 megapixels and a progressive JPEG of 49 are small files, and would take half a gigabyte.
	deep := bytes.Clone(flat.Bytes())
	binary.BigEndian.PutUint32(deep[16:], 8_000)
	binary.BigEndian.PutUint32(deep[20:], 5_000)
	deep[24] = 16
	binary.BigEndian.PutUint32(deep[29:], crc32.ChecksumIEEE(deep[12:29]))
	progressive := asJPEG(t, picture(8, 8))
	frame := bytes.Index(progressive, []byte{0xFF, 0xC0})
	progressive[frame+1] = 0xC2
	binary.BigEndian.PutUint16(progressive[frame+5:], 7_000)
	binary.BigEndian.PutUint16(progressive[frame+7:], 7_000)
	whole := asJPEG(t, picture(400, 200))
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":   {nil, ErrKind},
		"text":      {[]byte("<script>alert(1)</script>"), ErrKind},
		"svg":       {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), ErrKind},
		"gif":       {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), ErrKind},
		"half":      {whole[:len(whole)/3], ErrKind},
		"bomb":      {bomb, ErrSize},
		"deep":      {deep, ErrSize},
		"steps":     {progressive, ErrSize},
		"too large": {make([]byte, MostBytes+1), ErrSize},
	} {
		if _, err := Shrink(c.file, 1600, 300_000); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// A phone's picture of 50 megapixels is taken.
func TestPhonesPicturesFit(t *testing.T) {
	t.Parallel()
	file := asJPEG(t, picture(8, 8))
	if samples, progressive := jpegFrame(file); samples != 1.5 || progressive {
		t.Errorf("%v samples, progressive %v", samples, progressive)
	}
	if n := unfolded(file, "jpeg", image.Config{Width: 8160, Height: 6120}); n > mostMemory {
		t.Errorf("50 megapixels take %d MB", n>>20)
	}
}

// FuzzShrink must not panic, whatever is sent.
func FuzzShrink(f *testing.F) {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, picture(16, 8), nil)
	f.Add(withEXIF(b.Bytes(), 6))
	f.Fuzz(func(t *testing.T, file []byte) {
		if out, err := Shrink(file, 400, 50_000); err == nil && len(out) > 50_000 {
			t.Errorf("%d bytes", len(out))
		}
	})
}
