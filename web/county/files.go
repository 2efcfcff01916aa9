package county

import (
	"mime"
	"net/http"
	"strconv"

	"banmuyuan/payments"
	"banmuyuan/web/sheet"
)

// sendSheet hands a table over as XLSX.
func sendSheet(w http.ResponseWriter, name string, head []string, rows [][]sheet.Value) error {
	data, err := sheet.Write(name, head, rows)
	if err != nil {
		return err
	}
	sendFile(w, payments.File{Name: name + ".xlsx", Type: sheet.XLSX, Data: data})
	return nil
}

// sendFile hands a file over to be saved. It holds people's accounts: nobody on the way may keep it.
func sendFile(w http.ResponseWriter, file payments.File) {
	h := w.Header()
	h.Set("Content-Type", file.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	h.Set("Content-Length", strconv.Itoa(len(file.Data)))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(file.Data) // the browser went away: nobody is left to tell
}
