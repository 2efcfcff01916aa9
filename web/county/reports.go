package county

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/report"
)

// reportRoutes are the pages of reports.
func (s *Reports) reportRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/reports", "county.reports", s.reports, county...)
	s.Guarded("POST", "/county/reports", "county.reports.ask", s.reportAsk, county...)
	s.Guarded("GET", "/county/reports/{id:[0-9]+}/file", "county.report.file", s.reportFile, county...)
}

// reportsShown is how many of the newest reports the page lists.
const reportsShown = 50

type reportsPage struct {
	Kinds   []page.Option
	Seasons []page.Option
	Jobs    []report.Job
	Keep    int // days
	Busy    bool
}

func (d *reportsPage) read(jobs []report.Job) {
	d.Jobs = jobs
	for _, j := range jobs {
		d.Busy = d.Busy || j.State == report.Queued || j.State == report.Running
	}
}

func (s *Reports) reportsPage(r *http.Request) (reportsPage, error) {
	d := reportsPage{Keep: int(report.Keep / (24 * time.Hour))}
	words := s.Words(r)
	for _, k := range report.Kinds {
		hint, _ := s.Glossary.Say(page.LangOf(r), "report."+string(k)+".hint", nil)
		d.Kinds = append(d.Kinds, page.Option{Value: string(k), Label: words.Say("report", string(k)), Hint: hint})
	}
	years, err := s.Orders.Report(r.Context(), orders.ReportRequest{})
	if err != nil {
		return d, err
	}
	choice, err := s.SeasonChoice(r, 0)
	if err != nil {
		return d, err
	}
	d.Seasons = choice.Options(catalog.SeasonMachine.States()...)
	for _, y := range slices.Backward(years.Years) { // also the years before the county had seasons here
		if _, known := catalog.FindSeason(choice.All, y.Season); known || y.Season == 0 {
			continue
		}
		year := strconv.Itoa(y.Season)
		d.Seasons = append(d.Seasons, page.Option{Value: year, Label: page.LangOf(r).Pick(year+" 年度", year)})
	}
	jobs, err := s.Jobs.Jobs(r.Context(), reportsShown)
	d.read(jobs)
	return d, err
}

// reports lists the reports. While one is made the list asks for itself again.
func (s *Reports) reports(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("HX-Request") != "" {
		jobs, err := s.Jobs.Jobs(r.Context(), reportsShown)
		if err != nil {
			return err
		}
		d := reportsPage{}
		d.read(jobs)
		return s.RenderPart(w, r, http.StatusOK, "county/reports", "reports", d)
	}
	d, err := s.reportsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/reports", d, s.NewForm(page.LangOf(r)))
}

// reportAsk has a report made.
func (s *Reports) reportAsk(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	_, err = s.askReport(r.Context(), report.Kind(f.Text("kind")), int(f.Int("season")), string(page.LangOf(r)))
	if err != nil && !f.Fail(err) {
		return err
	}
	if !f.OK() {
		d, err := s.reportsPage(r)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "county/reports", d, f)
	}
	s.Flash(r, page.Good, "report.asked")
	return s.GoTo(w, r, "county.reports")
}

func (s *Reports) askReport(ctx context.Context, kind report.Kind, season int, lang string) (report.Job, error) {
	var problems link.Problems
	if !kind.Valid() {
		problems.Add("report.kind", "kind")
	}
	if season < 0 || season > 9999 {
		problems.Add("income.season", "season")
	}
	if err := problems.Err(); err != nil {
		return report.Job{}, err
	}
	if season == 0 { // the report keeps its season, whichever is current when it is made
		ref, err := s.Reference(ctx)
		if err != nil {
			return report.Job{}, err
		}
		season = ref.Season
	}
	if !page.ValidLang(lang) {
		lang = string(page.ZH)
	}
	j, err := s.Jobs.Ask(ctx, report.Job{Kind: kind, Season: season, Lang: lang, AccountID: auth.FromContext(ctx).ID})
	if err == nil {
		s.Wake()
	}
	return j, err
}

// reportFile is a finished report's workbook.
func (s *Reports) reportFile(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil {
		return link.E(link.NotFound, "report.unknown", "")
	}
	file, err := s.ReportFile(r.Context(), id)
	if err != nil {
		return err
	}
	page.SendFile(w, file)
	return nil
}

// AskReport has a report made, as the page does.
func (s *Reports) AskReport(ctx context.Context, kind report.Kind, season int, lang string) (report.Job, error) {
	return s.askReport(ctx, kind, season, lang)
}

// Reports lists the newest reports.
func (s *Reports) Reports(ctx context.Context) ([]report.Job, error) {
	return s.Jobs.Jobs(ctx, reportsShown)
}

// Report returns one, to look whether it is done.
func (s *Reports) Report(ctx context.Context, id int64) (report.Job, error) {
	j, err := s.Jobs.Job(ctx, id)
	return j, reportError(err)
}

// ReportFile is a finished report's workbook.
func (s *Reports) ReportFile(ctx context.Context, id int64) (payments.File, error) {
	name, data, err := s.Jobs.File(ctx, id)
	if err == nil {
		err = auth.NoteExport(ctx, s.Trail, audit.Exported, name)
	}
	return payments.File{Name: name, Type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Data: data}, reportError(err)
}

func reportError(err error) error {
	if errors.Is(err, report.ErrNotFound) {
		return link.E(link.NotFound, "report.unknown", "")
	}
	return err
}
