package sheet

import "banmuyuan/catalog"

// HouseholdColumns are the columns of a list of households.
var HouseholdColumns = []Column{
	{"code", []string{"户编号", "编号", "农户编号", "code"}, true},
	{"head", []string{"户主姓名", "户主", "姓名", "head", "name"}, true},
	{"id_number", []string{"身份证号", "身份证号码", "id_number", "id"}, true},
	{"persons", []string{"家庭人口", "人口", "人数", "persons"}, true},
	{"township", []string{"乡镇", "township"}, true},
	{"village", []string{"行政村", "村", "村名", "village"}, true},
	{"phone", []string{"联系电话", "电话", "手机", "phone"}, false},
	{"programmes", []string{"参与项目", "项目", "programmes"}, false},
	{"garden_mu", []string{"半亩园面积", "园子面积", "半亩园(亩)", "半亩园（亩）", "garden_mu"}, false},
	{"geese", []string{"养鹅数", "养鹅数量", "鹅", "geese"}, false},
	{"helper", []string{"帮扶责任人", "帮扶人", "helper"}, false},
}

// Households reads a list of households. What is in the cells is checked where they are imported.
func Households(data []byte) ([]catalog.HouseholdRow, error) {
	rows, err := Read(data)
	if err != nil {
		return nil, err
	}
	at, err := Columns(rows[0], HouseholdColumns)
	if err != nil {
		return nil, err
	}
	out := make([]catalog.HouseholdRow, 0, len(rows)-1)
	for _, r := range rows[1:] {
		out = append(out, catalog.HouseholdRow{Line: r.Line, Code: r.Cell(at, "code"), Head: r.Cell(at, "head"),
			IDNumber: r.Cell(at, "id_number"), Persons: r.Cell(at, "persons"), Township: r.Cell(at, "township"),
			Village: r.Cell(at, "village"), Phone: r.Cell(at, "phone"), Programmes: r.Cell(at, "programmes"),
			GardenMu: r.Cell(at, "garden_mu"), Geese: r.Cell(at, "geese"), Helper: r.Cell(at, "helper")})
	}
	return out, nil
}
