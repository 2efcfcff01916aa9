package adopt

import (
	"bytes"
	"slices"
	"testing"
)

func TestBareJPEG(t *testing.T) {
	t.Parallel()
	segment := func(marker byte, data ...byte) []byte {
		n := len(data) + 2
		return append([]byte{0xFF, marker, byte(n >> 8), byte(n)}, data...)
	}
	picture := func(segments ...[]byte) []byte {
		return slices.Concat([]byte{0xFF, 0xD8}, slices.Concat(segments...), segment(0xDA, 1), []byte{7, 7, 0xFF, 0xD9})
	}
	for _, marker := range []byte{0xDB, 0xC4, 0xDD, 0xC0, 0xC1, 0xC2} {
		if !bare(picture(segment(marker, 1, 2))) {
			t.Errorf("a picture with segment %X is refused", marker)
		}
	}
	for _, marker := range []byte{0xE0, 0xE1, 0xEF, 0xFE, 0xC3, 0xBF, 0x01, 0xDC} {
		if bare(picture(segment(marker, 1, 2))) {
			t.Errorf("segment %X is part of the picture", marker)
		}
	}
	if !bare(picture(segment(0xDB, bytes.Repeat([]byte{3}, 300)...), segment(0xC4, 5))) {
		t.Error("a long segment is refused")
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "half a beginning": {0xFF}, "a beginning": {0xFF, 0xD8}, "three bytes": {0xFF, 0xD8, 0xFF}, "four bytes": {0xFF, 0xD8, 0xFF, 0xDA},
		"another first byte":   append([]byte{0xFE}, picture()[1:]...),
		"another second byte":  slices.Concat([]byte{0xFF, 0xD9}, picture()[2:]),
		"both":                 slices.Concat([]byte{0x00, 0x00}, picture()[2:]),
		"no segment":           {0xFF, 0xD8, 0x00, 0xDA, 0xFF, 0xD9},
		"no picture":           slices.Concat([]byte{0xFF, 0xD8}, segment(0xDB)),
		"no end":               picture()[:len(picture())-1],
		"a segment beyond all": {0xFF, 0xD8, 0xFF, 0xDB, 0x00, 0x70, 0xFF, 0xD9},
	} {
		if bare(b) {
			t.Errorf("%s is a picture", name)
		}
	}
	if !bare([]byte{0xFF, 0xD8, 0xFF, 0xDA, 0xFF, 0xD9}) {
		t.Error("the shortest picture is refused")
	}
}
