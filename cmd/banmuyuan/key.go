package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"banmuyuan/internal/link"
	paymentspg "banmuyuan/payments/postgres"
)

// keyFile is the key's name in the data folder.
const keyFile = "key"

// encryptionKey is the key that was given, or the one that the data folder keeps. A database elsewhere may be shared
// by machines, so its key has to be given: a key made here would be known here only.
func encryptionKey(cfg Config, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	file := filepath.Join(cfg.Data, keyFile)
	b, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read encryption key: %w", err)
	}
	if cfg.DatabaseURL != "" {
		return "", errors.New("with DATABASE_URL the key that account numbers are encrypted with has to be given: set BANMU_KEY to 32 random bytes in base64 (openssl rand -base64 32), the same for every process")
	}
	if err := checkData(cfg.Data); err != nil {
		return "", err
	}
	key := paymentspg.NewKey()
	if err := os.MkdirAll(cfg.Data, 0o755); err != nil {
		return "", fmt.Errorf("keep encryption key: %w", err)
	}
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep encryption key: %w", err)
	}
	return key, nil
}

// newSigner signs requests between processes with the first of keys, and accepts those signed with any.
func newSigner(keys string) (*link.Signer, error) {
	var secrets [][]byte
	for one := range strings.SplitSeq(keys, ",") {
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(one))
		if err != nil {
			return nil, errors.New("BANMU_KEY is not 32 bytes in base64")
		}
		secrets = append(secrets, b)
	}
	return link.NewSigner(secrets, nil)
}
