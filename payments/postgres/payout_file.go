package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"banmuyuan/payments/bankfile"
)

func fileOwner(batch int64, format string) string {
	return fmt.Sprintf("payout_file:%d:%s", batch, format)
}

// payoutFile is a batch's file: the one that was made before while it is kept, afterwards made anew of the same rows in
// the same columns.
func (c *change) payoutFile(ctx context.Context, s *Service, b batchRow, format string) ([]byte, error) {
	var kept []struct {
		Format  string    `db:"format"`
		Layout  []byte    `db:"layout"`
		Content string    `db:"content_sha256"`
		Sealed  []byte    `db:"sealed"`
		Expires time.Time `db:"expires_at"`
	}
	err := c.tx.SelectContext(ctx, &kept, `
		SELECT format, layout, content_sha256, sealed, expires_at FROM payout_file WHERE batch_id = $1 ORDER BY made_at`, b.ID)
	if err != nil {
		return nil, fmt.Errorf("read payout files: %w", err)
	}
	layout, content := s.layout, ""
	for _, k := range kept {
		if k.Format == format && len(k.Sealed) > 0 && c.now.Before(k.Expires) {
			data, err := s.keys.Open(k.Sealed, fileOwner(b.ID, format))
			return []byte(data), err
		}
		if content == "" {
			if err := json.Unmarshal(k.Layout, &layout); err != nil {
				return nil, fmt.Errorf("read layout of batch %d: %w", b.ID, err)
			}
			content = k.Content
		}
	}
	rows, err := s.fileRows(ctx, c.tx, b)
	if err != nil {
		return nil, err
	}
	data, err := layout.Write(format, rows)
	if err != nil {
		return nil, fmt.Errorf("write payout file: %w", err)
	}
	text, err := layout.Write(bankfile.CSV, rows)
	if err != nil {
		return nil, fmt.Errorf("write payout file: %w", err)
	}
	if now := digest(text); content != "" && now != content {
		return nil, fmt.Errorf("payout file of batch %d would say something else than before", b.ID)
	} else if content == "" {
		content = now
	}
	written, err := json.Marshal(layout)
	if err != nil {
		return nil, fmt.Errorf("write layout: %w", err)
	}
	_, err = c.tx.ExecContext(ctx, `
		INSERT INTO payout_file (batch_id, format, layout, content_sha256, sha256, sealed, made_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (batch_id, format) DO UPDATE
		SET sha256 = excluded.sha256, sealed = excluded.sealed, made_at = excluded.made_at, expires_at = excluded.expires_at`,
		b.ID, format, written, content, digest(data), s.keys.Seal(string(data), fileOwner(b.ID, format)), c.now, c.now.Add(s.fileLife))
	if err != nil {
		return nil, fmt.Errorf("keep payout file: %w", err)
	}
	return data, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// dropFiles takes the content out of payout files that have been kept long enough.
func (s *Service) dropFiles(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `UPDATE payout_file SET sealed = NULL WHERE sealed IS NOT NULL AND expires_at <= $1`, s.now())
	if err != nil {
		return fmt.Errorf("drop payout files: %w", err)
	}
	return nil
}

// keepBooks runs housekeeping once a minute.
func (s *Service) keepBooks(ctx context.Context) (int, error) {
	now := s.now()
	s.mu.Lock()
	due := !now.Before(s.booksAt)
	if due {
		s.booksAt = now.Add(time.Minute)
	}
	s.mu.Unlock()
	if !due {
		return 0, nil
	}
	for _, step := range []func(context.Context) error{
		s.dropFiles, s.forgetAccountRows, s.sumClosings, func(ctx context.Context) error { return s.Checkpoint(ctx, checkpointEvery) },
	} {
		if err := step(ctx); err != nil {
			return 0, err
		}
	}
	return 0, nil
}
