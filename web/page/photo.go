package page

import (
	"net/http"
	"strconv"
)

// ServePhoto writes a picture that nobody but its reader may keep.
func ServePhoto(w http.ResponseWriter, r *http.Request, jpeg []byte) {
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Length", strconv.Itoa(len(jpeg)))
	h.Set("Cache-Control", "private, max-age=3600")
	h.Set("Vary", "Cookie")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(jpeg) // the browser went away: nobody is left to tell
	}
}
