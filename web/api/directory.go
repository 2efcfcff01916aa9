package api

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

// types are the words of the types of fields.
var types = map[entry.Type]string{
	entry.Line: "line", entry.Long: "text", entry.Code: "code", entry.Count: "count", entry.Year: "year", entry.Mu: "mu", entry.Square: "mu",
	entry.Grams: "kilograms", entry.Money: "yuan", entry.Percent: "percent", entry.Degrees: "degrees", entry.Flag: "flag", entry.Choice: "choice",
	entry.Choices: "choices", entry.Ref: "reference", entry.Refs: "references", entry.Phone: "phone", entry.IDNumber: "id_number",
	entry.Account: "account", entry.Day: "day",
}

type kindValue struct {
	Code string     `json:"code"`
	Name entry.Text `json:"name"`
}

type kindField struct {
	Name     string      `json:"name"`
	Head     entry.Text  `json:"head"`
	Hint     *entry.Text `json:"hint,omitempty"`
	Type     string      `json:"type" description:"line, text, code, count, year, mu, kilograms, yuan, percent, degrees, flag, choice, choices, reference, references, phone, id_number, account or day; cells are written in this unit"`
	Needed   bool        `json:"needed,omitempty"`
	Personal bool        `json:"personal,omitempty"`
	Refers   string      `json:"refers,omitempty" description:"Kind of a reference, which is written as the name or code of an entry"`
	Values   []kindValue `json:"values,omitempty" description:"Of a choice; codes and names are read"`
	Example  string      `json:"example,omitempty"`
}

type kindOut struct {
	Name   string      `json:"name"`
	Title  entry.Text  `json:"title"`
	Hint   entry.Text  `json:"hint"`
	Key    []string    `json:"key,omitempty" description:"Fields by which an entry is known"`
	One    bool        `json:"one,omitempty" description:"There is exactly one entry"`
	Stays  bool        `json:"stays,omitempty" description:"Entries are never taken out of use"`
	Fields []kindField `json:"fields"`
}

type kindsOut struct {
	Items []kindOut `json:"items"`
}

func kindsOf(kinds []*entry.Kind) kindsOut {
	var out kindsOut
	for _, k := range kinds {
		one := kindOut{Name: k.Name, Title: k.Title, Hint: k.Hint, Key: k.Key, One: k.One, Stays: k.Stays}
		for i := range k.Fields {
			f := &k.Fields[i]
			field := kindField{Name: f.Name, Head: f.Head, Type: types[f.Type], Needed: f.Need, Personal: f.Personal, Refers: f.Refers, Example: f.Example}
			if f.Hint.Zh != "" {
				field.Hint = &f.Hint
			}
			for _, v := range f.Values {
				field.Values = append(field.Values, kindValue{v.Code, v.Name})
			}
			one.Fields = append(one.Fields, field)
		}
		out.Items = append(out.Items, one)
	}
	return out
}

type directoryQuery struct {
	Kind    string `path:"kind"`
	Query   string `query:"q"`
	Retired bool   `query:"retired" description:"Only entries out of use"`
	After   int64  `query:"after" minimum:"0" description:"The answer's next"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200"`
}

type directoryEntryIn struct {
	Kind string `path:"kind"`
	ID   int64  `path:"id"`
}

type addEntryIn struct {
	Kind   string            `path:"kind" json:"-"`
	Cells  map[string]string `json:"cells" description:"By field, as a workbook has them"`
	Reason string            `json:"reason,omitempty"`
}

type saveEntryIn struct {
	ID int64 `path:"id" json:"-"`
	addEntryIn
}

type retireEntryIn struct {
	Kind   string `path:"kind" json:"-"`
	ID     int64  `path:"id" json:"-"`
	Undo   bool   `json:"undo,omitempty" description:"Take it back into use"`
	Reason string `json:"reason"`
}

type replaceHelperIn struct {
	ID     int64  `path:"id" json:"-"`
	By     string `json:"by" description:"The other helper, by name or by name（unit）"`
	Reason string `json:"reason"`
}

type importRowsIn struct {
	ID   int64       `path:"id" json:"-"`
	Kind string      `json:"kind"`
	Rows []entry.Row `json:"rows"`
}

type importIn struct {
	ID int64 `path:"id"`
}

type runImportIn struct {
	ID   int64 `path:"id" json:"-"`
	Load bool  `json:"load,omitempty" description:"Load what was checked; without it, check and change nothing"`
}

type importsQuery struct {
	Limit int `query:"limit" minimum:"1" maximum:"100"`
}

type importProblemsQuery struct {
	ID    int64 `path:"id"`
	After int64 `query:"after" minimum:"0" description:"Number of problems already read"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000"`
}

type importWrongQuery struct {
	ID    int64  `path:"id"`
	Kind  string `query:"kind"`
	After int64  `query:"after" minimum:"0" description:"Line of the last row read"`
	Limit int    `query:"limit" minimum:"1" maximum:"500"`
}

func (a *API) directoryEndpoints() []endpoint {
	d := a.raw.Directory
	county := only(auth.County)
	return []endpoint{
		op("GET", "/directory", "directory.kinds", "The kinds of the county's reference data, with their fields", county,
			func(context.Context, struct{}) (kindsOut, error) { return kindsOf(catalog.Kinds()), nil }),
		op("GET", "/directory/{kind}", "directory.list", "Entries of a kind", county,
			func(ctx context.Context, in directoryQuery) (link.Raw[catalog.EntryPage], error) {
				return d.Entries(ctx, catalog.EntryFilter{Kind: in.Kind, Query: in.Query, Retired: in.Retired, After: in.After, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/directory/{kind}", "directory.add", "Add an entry; the same cells again change nothing", county,
			func(ctx context.Context, in addEntryIn) (link.Raw[catalog.Entry], error) {
				return d.SaveEntry(ctx, catalog.SaveEntry{Kind: in.Kind, Cells: in.Cells, Reason: in.Reason})
			}).created(),
		op("GET", "/directory/{kind}/{id}", "directory.get", "An entry with its history", county,
			func(ctx context.Context, in directoryEntryIn) (link.Raw[catalog.Entry], error) {
				return d.Entry(ctx, catalog.EntryRef{Kind: in.Kind, ID: in.ID})
			}).ofPeople(),
		op("PUT", "/directory/{kind}/{id}", "directory.save", "Change an entry; a cell that is not sent keeps its value, an empty one clears it", county,
			func(ctx context.Context, in saveEntryIn) (link.Raw[catalog.Entry], error) {
				return d.SaveEntry(ctx, catalog.SaveEntry{Kind: in.Kind, ID: in.ID, Cells: in.Cells, Reason: in.Reason})
			}),
		op("POST", "/directory/{kind}/{id}/retirement", "directory.retire", "Take an entry out of use, or back into it", county,
			func(ctx context.Context, in retireEntryIn) (link.Raw[catalog.Entry], error) {
				return d.RetireEntry(ctx, catalog.RetireEntry{Kind: in.Kind, ID: in.ID, Undo: in.Undo, Reason: in.Reason})
			}),
		op("POST", "/directory/helper/{id}/replacement", "directory.replace_helper", "Give all households of a helper to another one", county,
			func(ctx context.Context, in replaceHelperIn) (link.Raw[catalog.HelperReplaced], error) {
				return d.ReplaceHelper(ctx, catalog.ReplaceHelper{ID: in.ID, By: in.By, Reason: in.Reason})
			}),
		op("GET", "/imports", "directory.batches", "The newest batches", county,
			func(ctx context.Context, in importsQuery) (link.Raw[catalog.BatchList], error) {
				return d.Batches(ctx, catalog.BatchesRequest{Limit: in.Limit})
			}),
		op("POST", "/imports", "directory.batch_open", "Begin a batch of rows", county,
			d.OpenBatch).created(),
		op("POST", "/imports/{id}/rows", "directory.batch_rows", "Add up to 1,000 rows of a kind; the same line again replaces it", county,
			func(ctx context.Context, in importRowsIn) (link.Raw[catalog.Batch], error) {
				return d.AddBatchRows(ctx, catalog.BatchRows{ID: in.ID, Kind: in.Kind, Rows: in.Rows})
			}),
		op("POST", "/imports/{id}/run", "directory.batch_run", "Check a batch, or load it once it is checked; it is done in the background", county,
			func(ctx context.Context, in runImportIn) (link.Raw[catalog.Batch], error) {
				return d.RunBatch(ctx, catalog.RunBatch{ID: in.ID, Load: in.Load})
			}),
		op("GET", "/imports/{id}", "directory.batch", "A batch: its state and what it would change", county,
			func(ctx context.Context, in importIn) (link.Raw[catalog.Batch], error) {
				return d.Batch(ctx, catalog.BatchRef{ID: in.ID})
			}),
		op("DELETE", "/imports/{id}", "directory.batch_drop", "Forget a batch that is not loaded", county,
			func(ctx context.Context, in importIn) (link.Raw[catalog.Batch], error) {
				return d.DropBatch(ctx, catalog.BatchRef{ID: in.ID})
			}),
		op("GET", "/imports/{id}/problems", "directory.batch_problems", "What is wrong with a batch's rows", county,
			func(ctx context.Context, in importProblemsQuery) (link.Raw[catalog.BatchProblemPage], error) {
				return d.BatchProblems(ctx, catalog.BatchProblemsRequest{ID: in.ID, After: in.After, Limit: in.Limit})
			}),
		op("GET", "/imports/{id}/wrong", "directory.batch_wrong", "The wrong rows of a kind as they were sent, for the account that opened the batch", county,
			func(ctx context.Context, in importWrongQuery) (link.Raw[catalog.BatchRows], error) {
				return d.BatchWrong(ctx, catalog.BatchWrongRequest{ID: in.ID, Kind: in.Kind, After: in.After, Limit: in.Limit})
			}).ofPeople(),
	}
}
