package county

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// importColumns is the order of the template file.
var importColumns = []string{"户编号", "户主姓名", "身份证号", "家庭人口", "乡镇", "行政村", "联系电话", "参与项目", "半亩园面积", "养鹅数", "帮扶责任人"}

// importMostAtOnce is the number of rows that the catalogue takes in one call.
const importMostAtOnce = 1000

type importPage struct {
	Words   page.Words
	Columns []string
	Result  *catalog.ImportResult
	Rows    int
	Wrong   int // rows with at least one problem
	Name    string
	Done    bool
	Content string // the file itself, on its way back to be taken: the server keeps no copy of people's data
}

func (s *people) countyImport(w http.ResponseWriter, r *http.Request) error {
	return s.RenderForm(w, r, "county/import", importPage{Words: s.Words(r), Columns: importColumns}, s.NewForm(page.LangOf(r)))
}

// importRead checks a file without changing anything, and imports its good rows on confirmation.
func (s *people) importRead(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d := importPage{Words: s.Words(r), Columns: importColumns, Name: f.Text("name"), Done: f.Text("take") != ""}
	err = s.readImport(r, f, &d)
	if err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "county/import", d, f)
}

func (s *people) readImport(r *http.Request, f *page.Form, d *importPage) error {
	var data []byte
	var err error
	if d.Done {
		if data, err = base64.StdEncoding.DecodeString(f.Raw("content")); err != nil {
			return link.E(link.Invalid, "upload.again", "file").Because(err)
		}
	} else if d.Name, data, err = page.Uploaded(r); err != nil {
		return err
	}
	rows, err := sheet.Households(data)
	if err != nil {
		return err
	}
	result, err := s.importRows(r.Context(), rows, !d.Done)
	if err != nil {
		return err
	}
	d.Result, d.Rows = &result, len(rows)
	if !d.Done {
		d.Content = base64.StdEncoding.EncodeToString(data)
	}
	wrong := map[int]bool{}
	for _, p := range result.Problems {
		wrong[p.Line] = true
	}
	d.Wrong = len(wrong)
	return nil
}

// importRows asks the catalogue in parts it takes, and adds their answers up.
func (s *people) importRows(ctx context.Context, rows []catalog.HouseholdRow, dry bool) (catalog.ImportResult, error) {
	var sum catalog.ImportResult
	for part := range slices.Chunk(rows, importMostAtOnce) {
		one, err := s.Catalog.ImportHouseholds(ctx, catalog.ImportRequest{Rows: part, DryRun: dry})
		if err != nil {
			return sum, err
		}
		sum.Added += one.Added
		sum.Changed += one.Changed
		sum.Unchanged += one.Unchanged
		sum.Problems = append(sum.Problems, one.Problems...)
	}
	return sum, nil
}
