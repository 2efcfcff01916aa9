package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/example"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web"
	county "banmuyuan/web/directory"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// setupCommand sets a county up from one workbook.
type setupCommand struct {
	Template setupTemplate `cmd:"" help:"Write an empty workbook to fill in, one sheet for each kind of data."`
	Example  setupExample  `cmd:"" help:"Write the workbook of a complete invented county with 3,000 households."`
	Check    setupCheck    `cmd:"" help:"List what is wrong with a workbook; change nothing."`
	Load     setupLoad     `cmd:"" help:"Take the good rows of a workbook into the county's directory."`
}

type setupFile struct {
	Output string `short:"o" required:"" type:"path" placeholder:"FILE.xlsx" help:"File to write."`
	Force  bool   `help:"Overwrite a file that is there."`
}

type setupTemplate struct{ setupFile }

func (c *setupTemplate) Run(stdout io.Writer) error {
	return c.write(stdout, func(w io.Writer) error { return sheet.WriteTemplate(w, county.Kinds()) })
}

type setupExample struct{ setupFile }

func (c *setupExample) Run(stdout io.Writer) error {
	return c.write(stdout, func(w io.Writer) error {
		return sheet.WriteWorkbook(w, county.Kinds(), example.Rows())
	})
}

func (c *setupFile) write(stdout io.Writer, fill func(io.Writer) error) error {
	if _, err := os.Stat(c.Output); err == nil && !c.Force {
		return fmt.Errorf("%s exists; --force overwrites it", c.Output)
	}
	if err := writeFile(c.Output, c.Force, fill); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "已写入 %s (written)\n", c.Output)
	return nil
}

// writeFile writes a file whole or not at all. A file that is there stays, unless force overwrites it.
func writeFile(name string, force bool, fill func(io.Writer) error) error {
	var b bytes.Buffer
	if err := fill(&b); err != nil {
		return err
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o600) // it may hold names and numbers of people
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; --force overwrites it", name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(b.Bytes())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// setupInput is what 'check' and 'load' have in common.
type setupInput struct {
	File   string   `arg:"" type:"existingfile" help:"XLSX workbook, or a CSV file of one kind."`
	Column []string `placeholder:"SHEET:HEADING=COLUMN" sep:"none" help:"Which column an unknown heading is, such as '农户:鹅总数=养鹅数'; nothing after the sign leaves it out. May be repeated."`
	Wrong  string   `type:"path" placeholder:"FILE.xlsx" help:"Write the wrong rows to this file, with the reasons, to be mended and loaded."`
	Force  bool     `help:"Overwrite the file of the wrong rows."`
	Key    string   `env:"BANMU_KEY" help:"The key that 'serve' runs with; read from the data folder when it is not set (${env})."`
}

type setupCheck struct{ setupInput }

// Help is shown by 'banmuyuan setup check --help'.
func (setupCheck) Help() string {
	return "Each wrong row is listed with its sheet, line, column, value and reason. It exits with 1 when there is one. " +
		"Payout accounts and income of earlier years are checked against the workbook's own households and those that are registered."
}

func (c *setupCheck) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) error {
	return c.run(ctx, cfg, log, stdout, false)
}

type setupLoad struct{ setupInput }

// Help is shown by 'banmuyuan setup load --help'.
func (setupLoad) Help() string {
	return "The good rows are taken, the wrong ones listed; the same file again changes nothing. A workbook with a sheet or column " +
		"that cannot be understood is not loaded at all. Payout accounts and income of earlier years wait for a second person on the pages: " +
		"none is used or booked before. It exits with 1 when a row was wrong."
}

func (c *setupLoad) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) error {
	return c.run(ctx, cfg, log, stdout, true)
}

func (c *setupInput) run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer, load bool) (err error) {
	words, err := web.NewSiteGlossary()
	if err != nil {
		return err
	}
	mapping, err := columnMapping(c.Column)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	book, err := sheet.ReadWorkbook(data, county.Kinds(), mapping)
	if err != nil {
		return fmt.Errorf("%s: %s", c.File, words.SayError(page.ZH, link.AsError(err)))
	}
	s := setup{words: words, out: stdout, book: book}
	s.sayFindings()
	switch {
	case book.Stopped() && load:
		return errors.New("工作簿里有看不懂的表或列，什么也没有导入 (nothing was loaded: mend the sheets named above)")
	case book.Rows() == 0:
		return errors.New("文件里没有数据 (there are no rows in the file)")
	}
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	if c.Key, err = encryptionKey(cfg, c.Key); err != nil {
		return err
	}
	closeModules, err := s.open(ctx, url, c.Key, log)
	if err != nil {
		return err
	}
	defer closeModules()
	wrong, err := s.run(link.System(ctx, "setup"), filepath.Base(c.File), load)
	if err != nil {
		return fmt.Errorf("setup: %s", words.SayError(page.ZH, link.AsError(err)))
	}
	if c.Wrong != "" && len(s.problems) > 0 {
		err := writeFile(c.Wrong, c.Force, func(w io.Writer) error { return sheet.WriteProblems(w, book.Tables, s.problems, s.reason) })
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "有问题的行已写入 %s (wrong rows are written there)\n", c.Wrong)
	}
	switch {
	case wrong > 0:
		return fmt.Errorf("%d 行有问题 (%d rows are wrong)", wrong, wrong)
	case book.Stopped():
		return errors.New("有的表或列看不懂 (some sheets could not be understood)")
	}
	return nil
}

// columnMapping reads SHEET:HEADING=COLUMN, where sheet and column are named as in the template or by their codes.
func columnMapping(columns []string) (sheet.Mapping, error) {
	m := sheet.Mapping{}
	for _, c := range columns {
		title, rest, ok := strings.Cut(strings.Replace(c, "：", ":", 1), ":")
		at := strings.LastIndex(rest, "=")
		if !ok || at < 0 {
			return nil, fmt.Errorf("--column %q is not SHEET:HEADING=COLUMN", c)
		}
		heading, column := rest[:at], strings.TrimSpace(rest[at+1:])
		i := slices.IndexFunc(county.Kinds(), func(k *entry.Kind) bool { return title == k.Name || title == k.Title.Zh })
		if i < 0 {
			return nil, fmt.Errorf("--column %q: there is no sheet %q", c, title)
		}
		k := county.Kinds()[i]
		field := ""
		if column != "" {
			j := slices.IndexFunc(k.Fields, func(f entry.Field) bool { return column == f.Name || column == f.Head.Zh })
			if j < 0 {
				return nil, fmt.Errorf("--column %q: the sheet %s has no column %q", c, k.Title.Zh, column)
			}
			field = k.Fields[j].Name
		}
		if m[k.Name] == nil {
			m[k.Name] = map[string]string{}
		}
		m[k.Name][heading] = field
	}
	return m, nil
}

// directory is the catalogue's directory with the work on its batches, which 'serve' does in the background.
type directory interface {
	catalog.Directory
	RunBatches(context.Context) error
}

// setup takes one workbook through the directory and the payment module and prints the outcome.
type setup struct {
	directory directory
	accounts  accountBatches
	words     page.Glossary
	out       io.Writer
	book      sheet.Workbook
	problems  []entry.Problem
}

// sayFindings prints what was found about sheets and columns, the kinds that the file lacks in one line.
func (s *setup) sayFindings() {
	var absent []string
	for _, f := range s.book.Findings {
		if f.Key == "sheet.kind.absent" {
			absent = append(absent, f.Args["kind"])
			continue
		}
		text := s.words.SayError(page.ZH, &link.Error{Code: link.Invalid, Key: f.Key, Args: f.Args})
		if f.Stops {
			text = "✗ " + text
		}
		fmt.Fprintln(s.out, text)
	}
	if len(absent) > 0 {
		fmt.Fprintf(s.out, "文件里没有这些表：%s (sheets that the file does not have)\n", strings.Join(absent, "、"))
	}
}

func (s *setup) reason(p entry.Problem) string {
	return s.words.SayError(page.ZH, &link.Error{Code: link.Invalid, Key: p.Key, Args: p.Args})
}

// open opens the two modules that take a workbook's rows, without a broker, and returns the function that closes them.
func (s *setup) open(ctx context.Context, url, key string, log *slog.Logger) (func(), error) {
	names := []string{moduleCatalog, modulePayments}
	if err := migrate(ctx, url, names); err != nil {
		return nil, err
	}
	var all []*sqlx.DB
	closeAll := func() {
		for _, db := range all {
			_ = db.Close()
		}
	}
	for _, name := range names {
		db, err := link.OpenDB(ctx, url, name, 8)
		if err != nil {
			closeAll()
			return nil, err
		}
		all = append(all, db)
	}
	m := &modules{cfg: Settings{Key: key}, log: log}
	svc, err := m.newCatalog(ctx, all[0], nil)
	if err != nil {
		closeAll()
		return nil, err
	}
	room := svc.Directory()
	m.registry = room
	pay, err := m.newPayments(all[1], nil)
	if err != nil {
		closeAll()
		return nil, err
	}
	s.directory, s.accounts = room, pay
	return closeAll, nil
}

// run takes the rows through both modules, checks them, and loads them where that is asked for. It returns the number of
// wrong rows.
func (s *setup) run(ctx context.Context, name string, load bool) (int64, error) {
	b, err := s.directory.OpenBatch(ctx, catalog.OpenBatch{Name: name})
	if err != nil {
		return 0, err
	}
	defer func() {
		_, _ = s.directory.DropBatch(context.WithoutCancel(ctx), catalog.BatchRef{ID: b.ID}) // a loaded one keeps its wrong rows for a day
	}()
	wrong, touched := int64(0), int64(0)
	if s.book.Rows() > s.paymentRows() {
		if b, err = s.runRows(ctx, b.ID, load); err != nil {
			return 0, err
		}
		wrong, touched = b.Wrong, s.sayCounts(b, load)
	}
	for _, k := range payments.Kinds() {
		rows := s.rowsOf(k.Name)
		if len(rows) == 0 {
			continue
		}
		a, err := s.runAccounts(ctx, payments.OpenAccountBatch{Name: name, Kind: k.Name, Workbook: b.ID}, rows, load)
		if err != nil {
			return 0, err
		}
		wrong += a.Wrong
		touched += s.sayAccounts(k, a)
	}
	switch {
	case touched == 0 && wrong == 0:
		fmt.Fprintln(s.out, "和已登记的完全一样，什么也没有变 (nothing changed)")
	case !load:
		fmt.Fprintln(s.out, "只是检查，什么也没有改 (checked only)")
	}
	return wrong, nil
}

// runRows fills the directory's batch, has it checked, and loaded where that is asked for.
func (s *setup) runRows(ctx context.Context, id int64, load bool) (b catalog.Batch, err error) {
	for i := range s.book.Tables {
		t := &s.book.Tables[i]
		if _, other := payments.KindByName(t.Kind.Name); other {
			continue
		}
		for part := range slices.Chunk(t.Rows, catalog.MaxBatchRows) {
			if _, err := s.directory.AddBatchRows(ctx, catalog.BatchRows{ID: id, Kind: t.Kind.Name, Rows: part}); err != nil {
				return b, err
			}
		}
	}
	if b, err = s.runBatch(ctx, id, false, catalog.BatchChecked); err != nil {
		return b, err
	}
	if load {
		if b, err = s.runBatch(ctx, id, true, catalog.BatchLoaded); err != nil {
			return b, err
		}
	}
	if err := s.readProblems(ctx, id); err != nil {
		return b, err
	}
	s.sayProblems(s.problems)
	return b, nil
}

// runBatch asks for a run and works on it until it is done. A server on the same database may be the one that does it.
func (s *setup) runBatch(ctx context.Context, id int64, load bool, until catalog.BatchState) (catalog.Batch, error) {
	b, err := s.directory.RunBatch(ctx, catalog.RunBatch{ID: id, Load: load})
	for err == nil && b.State != until {
		if b.Fault != "" {
			return b, link.E(link.Conflict, b.Fault, "id")
		}
		if err := s.directory.RunBatches(ctx); err != nil {
			return b, err
		}
		if b, err = s.directory.Batch(ctx, catalog.BatchRef{ID: id}); err != nil || b.State == until || b.Fault != "" {
			continue
		}
		select {
		case <-ctx.Done():
			return b, ctx.Err()
		case <-time.After(setupPoll):
		}
	}
	return b, err
}

// setupPoll is how often a batch that another process works on is looked at.
const setupPoll = 300 * time.Millisecond

func (s *setup) readProblems(ctx context.Context, id int64) error {
	for {
		p, err := s.directory.BatchProblems(ctx, catalog.BatchProblemsRequest{ID: id, After: int64(len(s.problems)), Limit: 1000})
		if err != nil {
			return err
		}
		s.problems = append(s.problems, p.Items...)
		if len(p.Items) == 0 || int64(len(s.problems)) >= p.Total {
			return nil
		}
	}
}

// sayProblems prints a line for each problem: sheet, line, column, value and reason.
func (s *setup) sayProblems(problems []entry.Problem) {
	for _, p := range problems {
		title, column := p.Kind, p.Field
		if k, ok := county.KindByName(p.Kind); ok {
			title = k.Title.Zh
			if f, ok := k.Field(p.Field); ok {
				column = f.Head.Zh
			}
		}
		if t, ok := s.book.Table(p.Kind); ok {
			if t.Sheet != "" {
				title = t.Sheet
			}
			if heading := t.Heads[p.Field]; heading != "" {
				column = heading
			}
		}
		value := p.Value
		if value != "" {
			value = " “" + value + "”"
		}
		fmt.Fprintf(s.out, "%s 第 %d 行 %s%s：%s\n", title, p.Line, column, value, s.reason(p))
	}
}

// sayCounts prints a line for each kind and returns how many rows change the directory.
func (s *setup) sayCounts(b catalog.Batch, loaded bool) (touched int64) {
	added, changed := "可新增", "可更新"
	if loaded {
		added, changed = "新增", "更新"
	}
	for _, n := range b.Kinds {
		title := n.Kind
		if k, ok := county.KindByName(n.Kind); ok {
			title = k.Title.Zh
		}
		fmt.Fprintf(s.out, "%s：%s %d，%s %d，未变 %d，有问题 %d (%s: %d added, %d changed, %d unchanged, %d wrong)\n", title,
			added, n.Added, changed, n.Changed, n.Unchanged, n.Wrong, n.Kind, n.Added, n.Changed, n.Unchanged, n.Wrong)
		touched += n.Added + n.Changed
	}
	return touched
}
