package auth

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// commonList holds passwords that are guessed first, one a line, sorted: those of the list of zxcvbn
// (github.com/dropbox/zxcvbn, MIT licence, counted in published breaches) that are long enough for a password or PIN here,
// and some that are common in Chinese.
//
//go:embed common.txt.gz
var commonList []byte

// readCommon unpacks the list at its first use.
var readCommon = sync.OnceValues(func() (map[string]bool, error) {
	r, err := gzip.NewReader(bytes.NewReader(commonList))
	if err != nil {
		return nil, fmt.Errorf("unpack common passwords: %w", err)
	}
	all := make(map[string]bool, 20_000)
	for lines := bufio.NewScanner(r); ; {
		if !lines.Scan() {
			return all, lines.Err()
		}
		all[lines.Text()] = true
	}
})

// Common reports whether a password is on the list of those that are guessed first, whatever the case of its letters.
func Common(password string) bool {
	all, err := readCommon()
	if err != nil {
		panic(err) // the list is part of the program
	}
	return all[strings.ToLower(password)]
}
