package page

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// UploadMostBytes is how large a file that somebody sends may be.
const UploadMostBytes = 4 << 20

// UploadField is the name of a form's field for a file.
const UploadField = "file"

// Uploaded reads the file of a form. The form must have been read before.
func Uploaded(r *http.Request) (string, []byte, error) { return UploadedUpTo(r, UploadMostBytes) }

// UploadedUpTo is Uploaded for files of another size.
func UploadedUpTo(r *http.Request, most int64) (string, []byte, error) {
	if r.MultipartForm == nil {
		return "", nil, link.E(link.Invalid, "upload.missing", UploadField)
	}
	file, header, err := r.FormFile(UploadField)
	if err != nil {
		return "", nil, link.E(link.Invalid, "upload.missing", UploadField).Because(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if header.Size > most {
		return "", nil, link.E(link.TooLarge, "upload.too_large", UploadField, "mb", Num64(most>>20))
	}
	data, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return "", nil, fmt.Errorf("read upload: %w", err)
	}
	return header.Filename, data, nil
}

// SendFile hands a file over to be saved. It holds people's accounts: nobody on the way may keep it.
func SendFile(w http.ResponseWriter, file payments.File) {
	h := w.Header()
	h.Set("Content-Type", file.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	h.Set("Content-Length", strconv.Itoa(len(file.Data)))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(file.Data) // the browser went away: nobody is left to tell
}
