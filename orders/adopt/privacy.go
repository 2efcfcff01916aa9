package adopt

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"regexp"
	"strings"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Family is a person's name as strangers read it: 王*.
func Family(name string) string {
	for _, r := range name {
		return string(r) + "*"
	}
	return "*"
}

var longNumber = regexp.MustCompile(`[0-9０-９][0-9０-９ -]{5,}[0-9０-９]`)

// NamesPerson reports whether a text for strangers has the name of the head of the household, or a number that is long
// enough for a phone or an identity card.
func NamesPerson(text, head string) bool {
	return head != "" && strings.Contains(text, head) || longNumber.MatchString(text)
}

// ForHousehold leaves of an adoption only the facts that a household needs to pack a box: a family name and the pickup
// point, no phone, no address and no money of the adopter.
func (a *Adoption) ForHousehold() {
	a.Buyer = orders.Buyer{Name: Family(a.Buyer.Name)}
	a.Delivery.Phone, a.Delivery.Name = "", Family(a.Delivery.Name)
	if a.Delivery.Kind == orders.DeliverAddress {
		a.Delivery.Address = ""
	}
	a.PaidFen, a.RefundFen, a.ForfeitFen, a.DueFen, a.DepositFen = 0, 0, 0, 0, 0
}

// updateMax is the longest text of an update, in characters.
const updateMax = 1000

// Check cleans the text of an update and returns its problems.
func (r *PostUpdate) Check() link.Problems {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	var ok bool
	if r.Text, ok = orders.CleanText(r.Text, updateMax); !ok || r.Text == "" {
		problems.Add("adoption.update.text", "text", "max", fmt.Sprint(updateMax))
	}
	return problems
}

// Check returns the size of a photo. TooLarge or Invalid when it is not within the bounds, or has metadata.
func (r AddPhoto) Check() (width, height int, err error) {
	if len(r.JPEG) > PhotoMostBytes {
		return 0, 0, link.E(link.TooLarge, "adoption.photo.size", "jpeg", "kb", fmt.Sprint(PhotoMostBytes/1000))
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(r.JPEG))
	if err != nil || !bare(r.JPEG) || config.Width > PhotoMostPixels || config.Height > PhotoMostPixels ||
		config.Width < 1 || config.Height < 1 {
		return 0, 0, link.E(link.Invalid, "adoption.photo.kind", "jpeg")
	}
	return config.Width, config.Height, nil
}

// bare reports whether a JPEG has only the segments of the picture itself: nothing about a camera, a place or a person can
// be in it.
func bare(b []byte) bool {
	if len(b) < 4 || b[0] != 0xFF || b[1] != 0xD8 {
		return false
	}
	for i := 2; i+4 <= len(b); {
		if b[i] != 0xFF {
			return false
		}
		marker := b[i+1]
		switch {
		case marker == 0xDA: // the picture itself follows, up to the end
			return bytes.HasSuffix(b, []byte{0xFF, 0xD9})
		case marker == 0xDB || marker == 0xC4 || marker == 0xDD || marker >= 0xC0 && marker <= 0xC2:
		default:
			return false
		}
		i += 2 + int(b[i+2])<<8 + int(b[i+3])
	}
	return false
}
