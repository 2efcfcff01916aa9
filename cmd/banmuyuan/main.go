// Command banmuyuan is the whole product in one binary: it serves the modules,
// prepares their schemas, loads the demo county, imports households and checks
// the invariants. It is the only place that wires modules together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes: a script can tell a wrong command line from a failed command.
const (
	exitFailed = 1
	exitUsage  = 2
)

// Config holds the settings of every command; each field is a flag and an
// environment variable.
type Config struct {
	Data         string `env:"BANMU_DATA" default:"./data" type:"path" placeholder:"DIR" help:"Folder of the private PostgreSQL and the NATS streams (${env}, default ${default})."`
	DatabaseURL  string `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to use instead of the private one (${env})."`
	DatabaseWait span   `name:"database-wait" env:"BANMU_DATABASE_WAIT" default:"30s" placeholder:"DURATION" help:"How long to wait for the PostgreSQL of DATABASE_URL while starting (${env}, default ${default})."`
	NATSURL      string `name:"nats-url" env:"NATS_URL" placeholder:"URL" help:"NATS server with JetStream to use instead of the embedded one (${env})."`
	PGBin        string `name:"pg-bin" env:"PG_BIN" type:"path" placeholder:"DIR" help:"Folder of PostgreSQL's server programs; found by itself where the system keeps them (${env})."`
	Mode         string `env:"BANMU_MODE" enum:"development,production" default:"development" help:"production refuses to start with demo data, the sandbox bank, open connections and other things that only suit trying the product out (${env}, default ${default})."`
	LogFormat    string `name:"log" env:"BANMU_LOG" enum:"text,json" default:"text" help:"Log format, text or json (${env}, default ${default})."`
	LogLevel     string `name:"log-level" env:"BANMU_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Least level to log: debug, info, warn or error (${env}, default ${default})."`
}

// Values of BANMU_MODE.
const (
	modeDevelopment = "development"
	modeProduction  = "production"
)

// commands is the command line: one file holds one command.
type commands struct {
	Config

	Serve     serveCommand          `cmd:"" help:"Serve the shop, the households' and the organisations' pages and the API."`
	Migrate   migrateCommand        `cmd:"" help:"Create or update the modules' schemas."`
	Demo      demoCommand           `cmd:"" help:"Load the demo county, or reset the database to it."`
	Account   accountCommand        `cmd:"" help:"Open accounts and give out one-time passwords, beginning with the first administrator."`
	Import    importCommand         `cmd:"" help:"Import data from files."`
	Setup     setupCommand          `cmd:"" help:"Set a county up from one workbook."`
	Verify    verifyCommand         `cmd:"" help:"Check every invariant on the database."`
	Rebuild   rebuildCommand        `cmd:"" help:"Build the income ledger anew from what it is made of."`
	Replay    replayCommand         `cmd:"" help:"Publish the modules' events of some time again."`
	Backup    backupCommand         `cmd:"" help:"Back everything up into a folder, beside a serving product."`
	Restore   restoreCommand        `cmd:"" help:"Restore a backup into an empty place, or check one."`
	RotateKey rotateKeyCommand      `cmd:"" name:"rotate-key" help:"Seal id and account numbers with a new key."`
	NATS      natsConfigCommand     `cmd:"" name:"nats-config" help:"Write users and permissions of the modules for a NATS server."`
	Postgres  postgresConfigCommand `cmd:"" name:"postgres-config" help:"Print the SQL that makes the modules' roles on a PostgreSQL server."`
	Version   versionCommand        `cmd:"" help:"Print the version."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	var cli commands
	parser, err := kong.New(&cli,
		kong.Name("banmuyuan"),
		kong.Description("半亩园 Banmuyuan: pre-order goose, potatoes and purple-flower beans from the households of a county that grow them."),
		kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ValueFormatter(func(value *kong.Value) string { return value.Help }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "banmuyuan:", err)
		return exitUsage
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "banmuyuan: %v\nRun 'banmuyuan --help' to see what there is.\n", err)
		return exitUsage
	}

	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	defer stop()
	// From the first signal on a second one ends the process at once.
	context.AfterFunc(ctx, stop)

	log := newLog(stderr, cli.Config)
	command.BindTo(ctx, (*context.Context)(nil))
	command.BindTo(stdout, (*io.Writer)(nil))
	if err := command.Run(cli.Config, log); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return 128 + int(syscall.SIGINT)
		}
		fmt.Fprintln(stderr, "banmuyuan:", err)
		return exitFailed
	}
	return 0
}

// stopSignals leaves a hang-up alone where the caller asked for it, as nohup does.
func stopSignals() []os.Signal {
	signals := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

func newLog(w io.Writer, cfg Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // the parser took only known levels
	opts := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
