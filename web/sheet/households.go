package sheet

import (
	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
)

// HouseholdColumns are the columns of a list of households.
var HouseholdColumns = []Column{
	{"code", []string{"户编号", "编号", "农户编号", "code"}, true, entry.Code},
	{"head", []string{"户主姓名", "户主", "姓名", "head", "name"}, true, entry.Line},
	{"id_number", []string{"身份证号", "身份证号码", "户主身份证号", "公民身份号码", "证件号码", "id_number", "id"}, true, entry.IDNumber},
	{"persons", []string{"家庭人口", "人口", "人数", "家庭人口数", "persons"}, true, entry.Count},
	{"township", []string{"乡镇", "乡", "镇", "所属乡镇", "township"}, true, entry.Line},
	{"village", []string{"行政村", "村", "村名", "村屯", "village"}, true, entry.Line},
	{"phone", []string{"联系电话", "电话", "手机", "手机号", "手机号码", "phone"}, false, entry.Phone},
	{"programmes", []string{"参与项目", "项目", "programmes"}, false, entry.Line},
	{"garden_mu", []string{"半亩园面积", "园子面积", "半亩园(亩)", "半亩园（亩）", "garden_mu"}, false, entry.Mu},
	{"geese", []string{"养鹅数", "养鹅数量", "鹅", "geese"}, false, entry.Count},
	{"helper", []string{"帮扶责任人", "帮扶人", "helper"}, false, entry.Line},
}

// Households reads a list of households. What is in the cells is checked where they are imported.
func Households(data []byte) ([]catalog.HouseholdRow, error) {
	rows, err := Read(data, HouseholdColumns)
	if err != nil {
		return nil, err
	}
	out := make([]catalog.HouseholdRow, len(rows))
	for i, r := range rows {
		out[i] = catalog.HouseholdRow{Line: r.Line, Code: r.Cell("code"), Head: r.Cell("head"),
			IDNumber: r.Cell("id_number"), Persons: r.Cell("persons"), Township: r.Cell("township"),
			Village: r.Cell("village"), Phone: r.Cell("phone"), Programmes: r.Cell("programmes"),
			GardenMu: r.Cell("garden_mu"), Geese: r.Cell("geese"), Helper: r.Cell("helper"), Faults: r.faults}
	}
	return out, nil
}
