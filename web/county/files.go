package county

import (
	"net/http"

	"banmuyuan/payments"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// sendSheet hands a table over as XLSX.
func sendSheet(w http.ResponseWriter, name string, head []string, rows [][]sheet.Value) error {
	data, err := sheet.Write(name, head, rows)
	if err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: name + ".xlsx", Type: sheet.XLSX, Data: data})
	return nil
}
