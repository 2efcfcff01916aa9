// Package search makes names findable: whatever spaces, dots, width and case they are written with, and by pinyin and its
// initials.
package search

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// Key is a text as it is compared: letters and digits alone, in one width and in lower case.
func Key(text string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mn, r):
			return r
		}
		return -1
	}, norm.NFKC.String(text))
}

// maxReadings is the largest number of pinyin that a name is found by; names have a character or two with several readings.
const maxReadings = 8

// Text is the text that a name is found in: its key, its pinyin and their initials, with spaces between.
func Text(name string) string {
	key := Key(name)
	if key == "" {
		return "-" // nothing that a key could contain
	}
	words := []string{key}
	for _, r := range readings(key) {
		words = append(words, strings.Join(r, ""), initials(r))
	}
	slices.Sort(words[1:])
	return strings.Join(slices.Compact(words), " ")
}

// readings are the pinyin of a key, syllable by syllable; other signs stay as they are. There is none without a Chinese one.
func readings(key string) [][]string {
	all := [][]string{nil}
	chinese := false
	args := pinyin.NewArgs()
	args.Heteronym = true
	for _, r := range key {
		syllables := pinyin.SinglePinyin(r, args)
		chinese = chinese || len(syllables) > 0
		if len(syllables) == 0 {
			syllables = []string{string(r)}
		}
		slices.Sort(syllables)
		syllables = slices.Compact(syllables)
		var next [][]string
		for _, before := range all {
			for _, s := range syllables {
				if len(next) < maxReadings {
					next = append(next, append(slices.Clone(before), s))
				}
			}
		}
		all = next
	}
	if !chinese {
		return nil
	}
	return all
}

func initials(syllables []string) string {
	var b strings.Builder
	for _, s := range syllables {
		b.WriteString(s[:1])
	}
	return b.String()
}
