package county

import (
	"fmt"
	"io"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/page"
)

// uploadMostBytes is how large a file that somebody sends may be.
const uploadMostBytes = 4 << 20

// uploadField is the name of a form's field for a file.
const uploadField = "file"

// uploaded reads the file of a form. The form must have been read before.
func uploaded(r *http.Request) (string, []byte, error) { return uploadedUpTo(r, uploadMostBytes) }

// uploadedUpTo is uploaded for files of another size.
func uploadedUpTo(r *http.Request, most int64) (string, []byte, error) {
	if r.MultipartForm == nil {
		return "", nil, link.E(link.Invalid, "upload.missing", uploadField)
	}
	file, header, err := r.FormFile(uploadField)
	if err != nil {
		return "", nil, link.E(link.Invalid, "upload.missing", uploadField).Because(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if header.Size > most {
		return "", nil, link.E(link.TooLarge, "upload.too_large", uploadField, "mb", page.Num64(most>>20))
	}
	data, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return "", nil, fmt.Errorf("read upload: %w", err)
	}
	return header.Filename, data, nil
}
