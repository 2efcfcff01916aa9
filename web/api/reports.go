package api

import (
	"context"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/report"
)

// Reports has the county's long lists made in the background; the pages do it the same way.
type Reports interface {
	AskReport(ctx context.Context, kind report.Kind, season int, lang string) (report.Job, error)
	Reports(ctx context.Context) ([]report.Job, error)
	Report(ctx context.Context, id int64) (report.Job, error)
	ReportFile(ctx context.Context, id int64) (payments.File, error)
}

type reportIn struct {
	Kind   report.Kind `json:"kind" enum:"incomes,unsold,villages,orders"`
	Season int         `json:"season,omitempty"`
	Lang   string      `json:"lang,omitempty" enum:"zh,en"`
}

type reportRef struct {
	ID int64 `path:"id"`
}

type reportsOut struct {
	Items []report.Job `json:"items"`
}

func (a *API) reportEndpoints() []endpoint {
	file := op("GET", "/reports/{id}/file", "reports.file", "A finished report as a workbook; kept for seven days", only(auth.County),
		func(ctx context.Context, in reportRef) (payments.File, error) {
			return a.reports.ReportFile(ctx, in.ID)
		})
	file.raw = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	return []endpoint{
		op("POST", "/reports", "reports.ask", "Have a report made in the background; asking twice is asking once", only(auth.County),
			func(ctx context.Context, in reportIn) (report.Job, error) {
				return a.reports.AskReport(ctx, in.Kind, in.Season, in.Lang)
			}).created(),
		op("GET", "/reports", "reports.list", "The newest reports and how far they are", only(auth.County),
			func(ctx context.Context, _ struct{}) (reportsOut, error) {
				jobs, err := a.reports.Reports(ctx)
				return reportsOut{Items: jobs}, err
			}),
		op("GET", "/reports/{id}", "reports.get", "One report and how far it is", only(auth.County),
			func(ctx context.Context, in reportRef) (report.Job, error) { return a.reports.Report(ctx, in.ID) }),
		file,
	}
}
