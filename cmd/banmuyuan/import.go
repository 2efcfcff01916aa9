package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

type importCommand struct {
	Households importHouseholds `cmd:"" help:"Add or update registered households from an XLSX or CSV file."`
}

type importHouseholds struct {
	File   string `arg:"" type:"existingfile" help:"XLSX or CSV, the columns' names in the first row."`
	DryRun bool   `help:"Only say what would happen."`
	Strict bool   `help:"Change nothing when a row is wrong."`
	Key    string `env:"BANMU_KEY" help:"The key that 'serve' runs with; read from the data folder when it is not set (${env})."`
}

// Help is shown by 'banmuyuan import households --help'.
func (importHouseholds) Help() string {
	return "Columns: 户编号 户主姓名 身份证号 家庭人口 乡镇 行政村, and as you have them 联系电话 参与项目 半亩园面积 养鹅数 帮扶责任人. " +
		"A row that is wrong is listed with its line and the reason; the others are taken. The same file again changes nothing. " +
		"It exits with 1 when a row was wrong."
}

const importAtOnce = 1000

func (c *importHouseholds) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	words, err := web.NewSiteGlossary()
	if err != nil {
		return err
	}
	rows, err := sheet.Households(data)
	if err != nil {
		return fmt.Errorf("%s: %s", c.File, words.SayError(page.ZH, link.AsError(err)))
	}
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	if c.Key, err = encryptionKey(cfg, c.Key); err != nil {
		return err
	}
	if err := migrate(ctx, url, []string{moduleCatalog}); err != nil {
		return err
	}
	db, err := link.OpenDB(ctx, url, moduleCatalog, 8)
	if err != nil {
		return err
	}
	defer db.Close()
	svc, err := (&modules{cfg: Settings{Key: c.Key}, log: log}).newCatalog(ctx, db, nil)
	if err != nil {
		return err
	}
	run := func(dry bool) (sum catalog.ImportResult, err error) {
		for part := range slices.Chunk(rows, importAtOnce) {
			res, err := svc.ImportHouseholds(link.System(ctx, "import"), catalog.ImportRequest{Rows: part, DryRun: dry})
			if err != nil {
				return sum, err
			}
			sum.Added += res.Added
			sum.Changed += res.Changed
			sum.Unchanged += res.Unchanged
			sum.Problems = append(sum.Problems, res.Problems...)
		}
		return sum, nil
	}
	sum, err := run(c.DryRun || c.Strict)
	if err == nil && c.Strict && !c.DryRun && len(sum.Problems) == 0 {
		sum, err = run(false)
	}
	if err != nil {
		return fmt.Errorf("import: %s", words.SayError(page.ZH, link.AsError(err)))
	}
	for _, p := range sum.Problems {
		text := words.SayError(page.ZH, &link.Error{Code: link.Invalid, Key: p.Key, Args: p.Args})
		fmt.Fprintf(stdout, "第 %d 行 %s：%s\n", p.Line, p.Field, text)
	}
	fmt.Fprintf(stdout, "新增 %d 户，更新 %d 户，未变 %d 户，有问题 %d 处 (%d added, %d changed, %d unchanged, %d problems)\n",
		sum.Added, sum.Changed, sum.Unchanged, len(sum.Problems), sum.Added, sum.Changed, sum.Unchanged, len(sum.Problems))
	if len(sum.Problems) > 0 {
		return fmt.Errorf("%d problems", len(sum.Problems))
	}
	return nil
}
