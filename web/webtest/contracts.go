package webtest

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/orders/contract"
)

// StubContracts asks a household for geese.
type StubContracts struct {
	contract.Service
	empty bool
}

func (c *StubContracts) Quotas(_ context.Context, f contract.QuotaFilter) (contract.QuotaPage, error) {
	if c.empty || f.State != "" && f.State != contract.QuotaProposed {
		return contract.QuotaPage{}, nil
	}
	by := Day.AddDate(0, 0, 7)
	return contract.QuotaPage{Total: 1, Qty: 30, Items: []contract.Quota{{ID: 14, ContractNo: "SG-0003", HouseholdID: f.Household, Qty: 30, Unit: "head",
		State: contract.QuotaProposed, AnswerBy: &by, ContractName: "中秋大鹅收购合同", Name: catalog.Text{Zh: "大鹅", En: "Goose"}}}}, nil
}
