package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	webpg "banmuyuan/web/postgres"
)

type accountCommand struct {
	Create   accountCreate   `cmd:"" help:"Open an account and print its one-time password."`
	Password accountPassword `cmd:"" help:"Give an account a new one-time password; the old password stops working."`
}

type accountCreate struct {
	Login     string `arg:"" help:"What the person logs in with: 3 to 40 small letters, digits, dots or hyphens."`
	Role      string `required:"" enum:"admin,operator,approver,officer,org_approver,clerk,household,helper" placeholder:"ROLE" help:"admin, operator or approver for the county's staff; officer, org_approver or clerk with --org; household or helper with --household."`
	Name      string `required:"" help:"The person's name."`
	Phone     string `help:"Mobile number of 11 digits."`
	Org       int64  `placeholder:"ID" help:"Organisation that an officer, org_approver or clerk works for."`
	Household string `placeholder:"CODE" help:"Code of the household; for a helper that of any household helped."`
	Helper    int64  `placeholder:"ID" help:"Helper, instead of the code of a household helped."`
	Again     bool   `help:"If there is an account with this login and role, give it a new one-time password."`
	Key       string `env:"BANMU_KEY" help:"The key that 'serve' runs with; read from the data folder when it is not set (${env})."`
}

// Help is shown by 'banmuyuan account create --help'.
func (accountCreate) Help() string {
	return "The password works for " + hours(auth.OneTimeLife) + " and has to be changed at the first login. The command may run beside a serving product, " +
		"and before the product ever ran. Private buyers register themselves."
}

type accountPassword struct {
	Login        string `arg:"" help:"Login of the account."`
	SecondFactor bool   `help:"Take away its second factor as well, when phone and recovery codes are lost."`
}

// Help is shown by 'banmuyuan account password --help'.
func (accountPassword) Help() string {
	return "The password works for " + hours(auth.OneTimeLife) + " and has to be changed at the next login, which is the only one that works: " +
		"all sessions of the account end. The command may run beside a serving product."
}

func hours(d time.Duration) string { return fmt.Sprintf("%d hours", int(d.Hours())) }

func (c *accountCreate) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	a, err := c.account()
	if err != nil {
		return err
	}
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	if err := c.bind(ctx, cfg, url, log, &a); err != nil {
		return err
	}
	return withAccounts(ctx, url, func(store *webpg.Store) error {
		password, err := giveOneTime(ctx, &a)
		if err != nil {
			return err
		}
		opened, err := store.Open(ctx, auth.Command, a)
		if errors.Is(err, auth.ErrLoginTaken) {
			return c.taken(ctx, store, a.Login, stdout)
		}
		if err != nil {
			return err
		}
		return printOneTime(stdout, opened, password)
	})
}

// account reads what the flags say of the account.
func (c *accountCreate) account() (auth.Account, error) {
	a := auth.Account{Login: auth.CleanLogin(c.Login), Name: strings.TrimSpace(c.Name), Role: auth.Role(c.Role), HelperID: c.Helper, OrgID: c.Org}
	org, household := a.Role.In(auth.Organisation...), a.Role.In(auth.Earning...)
	switch {
	case auth.CheckLogin(a.Login) != "":
		return a, fmt.Errorf("%s: a login has 3 to 40 small letters, digits, dots or hyphens, and begins with a letter or digit", c.Login)
	case a.Name == "" || utf8.RuneCountInString(a.Name) > page.NameMax:
		return a, fmt.Errorf("--name: a name has 1 to %d characters", page.NameMax)
	case org != (c.Org > 0):
		return a, errors.New("--org goes with the roles officer, org_approver and clerk, which need it")
	case a.Role == auth.Household && c.Household == "":
		return a, errors.New("--household: a household's account needs the household's code")
	case a.Role == auth.Helper && (c.Household == "") == (c.Helper == 0):
		return a, errors.New("a helper's account needs either --helper or --household with the code of a household helped")
	case !household && c.Household != "", a.Role != auth.Helper && c.Helper != 0:
		return a, errors.New("--household goes with the roles household and helper, and --helper with the role helper")
	}
	if c.Phone != "" {
		if a.Phone = auth.CleanPhone(c.Phone); a.Phone == "" {
			return a, fmt.Errorf("--phone %s: a mobile number has 11 digits, such as 139 0000 0000", c.Phone)
		}
	}
	return a, nil
}

// bind looks up the organisation, household or helper of the account, so that none is opened for one that is not there.
func (c *accountCreate) bind(ctx context.Context, cfg Config, url string, log *slog.Logger, a *auth.Account) (err error) {
	if a.Role.In(auth.Staff...) {
		return nil
	}
	if c.Key, err = encryptionKey(cfg, c.Key); err != nil {
		return err
	}
	if err := migrate(ctx, url, []string{moduleCatalog}); err != nil {
		return err
	}
	db, err := link.OpenDB(ctx, url, moduleCatalog, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	svc, err := (&modules{cfg: Settings{Key: c.Key}, log: log}).newCatalog(ctx, db, nil)
	if err != nil {
		return err
	}
	ctx = link.System(ctx, "account")
	switch {
	case c.Org > 0:
		ref, err := svc.Reference(ctx, catalog.None{})
		if err != nil {
			return err
		}
		var known []string
		for _, o := range ref.Organisations {
			if o.ID == c.Org {
				return nil
			}
			known = append(known, fmt.Sprintf("%d %s", o.ID, o.Name))
		}
		return fmt.Errorf("--org %d: there is no such organisation; there are: %s", c.Org, strings.Join(known, ", "))
	case c.Household != "":
		h, err := svc.Household(ctx, catalog.HouseholdRef{Code: c.Household})
		if err != nil {
			return fmt.Errorf("--household %s: %w", c.Household, err)
		}
		if a.HouseholdID = h.ID; a.Role == auth.Helper {
			a.HouseholdID, a.HelperID = 0, h.HelperID
		}
		if a.Role == auth.Helper && h.HelperID == 0 {
			return fmt.Errorf("--household %s: the household has no helper", c.Household)
		}
	default:
		helped, err := svc.Households(ctx, catalog.HouseholdFilter{HelperID: c.Helper, Limit: 1})
		if err != nil {
			return err
		}
		if len(helped.Items) == 0 {
			return fmt.Errorf("--helper %d: there is no such helper, or none with a household", c.Helper)
		}
	}
	return nil
}

// taken answers for a login that there is already: with a new password where that was asked for.
func (c *accountCreate) taken(ctx context.Context, store *webpg.Store, login string, stdout io.Writer) error {
	a, err := store.ByLogin(ctx, login)
	if err != nil {
		return err
	}
	if !c.Again || string(a.Role) != c.Role {
		return fmt.Errorf("the login %s is taken by %s (%s): choose another, or give that account a new password with 'banmuyuan account password %s'",
			a.Login, a.Name, a.Role, a.Login)
	}
	return resetPassword(ctx, store, a, stdout)
}

func (c *accountPassword) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	return withAccounts(ctx, url, func(store *webpg.Store) error {
		a, err := store.ByLogin(ctx, c.Login)
		if errors.Is(err, auth.ErrNotFound) {
			return fmt.Errorf("there is no account %s: open it with 'banmuyuan account create'", c.Login)
		}
		if err != nil {
			return err
		}
		if c.SecondFactor {
			if err := store.ResetFactor(ctx, auth.Command, a.ID); err != nil && !errors.Is(err, auth.ErrNotFound) {
				return err
			}
		}
		return resetPassword(ctx, store, a, stdout)
	})
}

// withAccounts gives do the accounts in the database, whose schema it brings up to date.
func withAccounts(ctx context.Context, url string, do func(*webpg.Store) error) error {
	if err := migrate(ctx, url, []string{moduleWeb}); err != nil {
		return err
	}
	db, err := link.OpenDB(ctx, url, moduleWeb, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(webpg.New(db))
}

// giveOneTime gives the account a one-time password, of which the account holds the hash.
func giveOneTime(ctx context.Context, a *auth.Account) (string, error) {
	password, err := auth.NewOneTimePassword(rand.Reader)
	if err != nil {
		return "", err
	}
	passwords, err := auth.NewPasswords(1)
	if err != nil {
		return "", err
	}
	if a.PasswordHash, err = passwords.Hash(ctx, password); err != nil {
		return "", err
	}
	a.OneTimeUntil = time.Now().Add(auth.OneTimeLife)
	return password, nil
}

func resetPassword(ctx context.Context, store *webpg.Store, a *auth.Account, stdout io.Writer) error {
	password, err := giveOneTime(ctx, a)
	if err != nil {
		return err
	}
	if a, err = store.ResetPassword(ctx, auth.Command, a.ID, a.PasswordHash, a.OneTimeUntil); err != nil {
		return err
	}
	return printOneTime(stdout, a, password)
}

func printOneTime(w io.Writer, a *auth.Account, password string) error {
	words, err := web.NewSiteGlossary()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "账号 account: %s (%s %s, %s)\n", a.Login, words.Words(page.ZH).Say("role", a.Role), a.Role, a.Name)
	fmt.Fprintf(w, "一次性密码 one-time password: %s\n", password)
	fmt.Fprintf(w, "首次登录时要修改，有效到 %[1]s。To be changed at the first login; it works until %[1]s.\n", chinaTime(a.OneTimeUntil))
	if a.Disabled() {
		fmt.Fprintln(w, "注意：这个账号已停用，管理员恢复后才能登录。The account is switched off: an administrator has to switch it on.")
	}
	return nil
}

func chinaTime(t time.Time) string { return t.In(page.China).Format("2006-01-02 15:04") }
