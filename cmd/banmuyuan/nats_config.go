package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"banmuyuan/internal/privatenats"
)

type natsConfigCommand struct {
	setupFile
	Host string `default:"HOST:4222" help:"Where processes reach the broker, for the addresses that are printed."`
}

// Help is shown by 'banmuyuan nats-config --help'.
func (natsConfigCommand) Help() string {
	return "Writes a file in nats-server's configuration format, to be included in the broker's own ('include banmuyuan.conf'): a user for " +
		"each module, who may send and read what the module's work needs and nothing else, and one for a process that runs all of them. " +
		"It prints the NATS_URL of each. The file holds the passwords' hashes; the passwords are printed once, and kept nowhere. " +
		"JetStream has to be on in the broker's configuration."
}

func (c *natsConfigCommand) Run(stdout io.Writer) error {
	passwords := map[string]string{}
	for _, user := range natsUsers() {
		passwords[user] = strings.ToLower(rand.Text())
	}
	err := c.write(io.Discard, func(w io.Writer) error { return writeNATSConfig(w, passwords) })
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "已写入 %s (written). NATS_URL:\n", c.Output)
	for _, user := range natsUsers() {
		of := "serve " + user
		if user == natsAll {
			of = "serve, demo"
		}
		fmt.Fprintf(stdout, "  %-15s nats://%s:%s@%s\n", of, user, passwords[user], c.Host)
	}
	return nil
}

// natsAll is the user of a process that runs every module.
const natsAll = "banmuyuan"

func natsUsers() []string { return append(slices.Clone(moduleNames), natsAll) }

// talk lists a module's needs of the broker: a test keeps it as small as the modules' code allows.
type talk struct {
	asks     []string // modules that it sends requests to
	commands []string // modules that it sends commands to
	consumes []string // modules whose streams it reads by consumers
	listens  []string // modules whose events it hears as they come
}

var natsTalk = map[string]talk{
	moduleCatalog:  {consumes: []string{moduleCatalog, moduleOrders}},
	modulePayments: {asks: []string{moduleCatalog}, consumes: []string{modulePayments}},
	moduleOrders: {asks: []string{moduleCatalog, modulePayments}, commands: []string{moduleCatalog, modulePayments},
		consumes: []string{moduleCatalog, modulePayments}},
	moduleWeb: {asks: []string{moduleCatalog, modulePayments, moduleOrders}, consumes: []string{moduleCatalog, modulePayments, moduleOrders}, listens: []string{moduleOrders}},
}

// natsPermissions are the subjects that a module may publish to and subscribe to. It answers requests where they ask it to
// (allow_responses), reads answers in its own inbox, and manages the streams it writes to and reads from.
func natsPermissions(module string) (publish, subscribe []string) {
	t := natsTalk[module]
	subscribe = append(subscribe, inboxOf(module)+".>", "rpc."+module+".>")
	for _, m := range t.listens {
		subscribe = append(subscribe, "evt."+m+".>")
	}
	for _, m := range t.asks {
		publish = append(publish, "rpc."+m+".>")
	}
	for _, m := range t.commands {
		publish = append(publish, "cmd."+m+".>")
	}
	if module != moduleWeb {
		publish = append(publish, "evt."+module+".>", "$JS.API.INFO", privatenats.Failing)
	}
	streams := slices.Clone(t.consumes)
	for _, m := range append(t.commands, module) {
		if m != moduleWeb && !slices.Contains(streams, m) {
			streams = append(streams, m)
		}
	}
	for _, m := range streams {
		s := strings.ToUpper(m)
		for _, do := range []string{"STREAM.INFO", "STREAM.CREATE", "STREAM.UPDATE", "STREAM.MSG.GET", "DIRECT.GET"} {
			publish = append(publish, "$JS.API."+do+"."+s)
		}
		for _, do := range []string{"CREATE", "DURABLE.CREATE", "INFO", "MSG.NEXT", "DELETE"} {
			publish = append(publish, "$JS.API.CONSUMER."+do+"."+s+".>")
		}
		if module != moduleWeb { // its relay holds the stream against its outbox
			publish = append(publish, "$JS.API.CONSUMER.LIST."+s, "$JS.API.STREAM.MSG.DELETE."+s)
		}
	}
	for _, m := range t.consumes {
		publish = append(publish, "$JS.ACK."+strings.ToUpper(m)+".>")
	}
	if len(t.consumes) > 0 {
		publish = append(publish, "rpc.*.v1.events_known") // whether an event happened
	}
	return publish, subscribe
}

// writeNATSConfig writes the users in nats-server's configuration format.
func writeNATSConfig(w io.Writer, passwords map[string]string) error {
	var b strings.Builder
	b.WriteString("# Users of banmuyuan's modules, written by 'banmuyuan nats-config'.\nauthorization {\n  users = [\n")
	for _, user := range natsUsers() {
		hash, err := bcrypt.GenerateFromPassword([]byte(passwords[user]), bcrypt.DefaultCost)
		if err != nil {
			return fmt.Errorf("hash password: %w", err)
		}
		publish, subscribe := natsPermissions(user)
		if user == natsAll {
			publish = []string{"rpc.>", "evt.>", "cmd.>", "$JS.API.>", "$JS.ACK.>", privatenats.Failing}
			subscribe = []string{"_INBOX.>", "rpc.>", "evt.>"}
		}
		fmt.Fprintf(&b, "    {\n      user: %q\n      password: %q\n      permissions {\n", user, string(hash))
		fmt.Fprintf(&b, "        publish { allow: [%s] }\n", quoted(publish))
		fmt.Fprintf(&b, "        subscribe { allow: [%s] }\n", quoted(subscribe))
		b.WriteString("        allow_responses { max: 1, expires: \"10m\" }\n      }\n    }\n")
	}
	b.WriteString("  ]\n}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func quoted(subjects []string) string {
	all := make([]string, len(subjects))
	for i, s := range subjects {
		all[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(all, ", ")
}
