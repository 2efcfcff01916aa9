package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// streamAge is how long a stream keeps its messages. The inbox remembers for longer than stream and outbox
// together, so that nothing they still hold can be applied twice.
const streamAge = 30 * 24 * time.Hour

// EnsureStream makes the stream of a module if there is none: named by the module in capitals, it carries
// evt.<module>.> and cmd.<module>.>. Changes that an operator made to it, such as replicas, stay.
func EnsureStream(ctx context.Context, js jetstream.JetStream, module string) error {
	name := strings.ToUpper(module)
	subjects := []string{"evt." + module + ".>", "cmd." + module + ".>"}
	s, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: name, Subjects: subjects, Storage: jetstream.FileStorage,
			Duplicates: 2 * time.Minute, MaxAge: streamAge, AllowDirect: true,
		})
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			err = nil // another process was a moment ahead
		}
		if err != nil {
			return fmt.Errorf("create stream %s: %w", name, err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", name, err)
	}
	cfg := s.CachedInfo().Config
	missing := false
	for _, want := range subjects {
		if !slices.Contains(cfg.Subjects, want) {
			cfg.Subjects = append(cfg.Subjects, want)
			missing = true
		}
	}
	if !missing {
		return nil
	}
	if _, err := js.UpdateStream(ctx, cfg); err != nil {
		return fmt.Errorf("update stream %s: %w", name, err)
	}
	return nil
}

// Connect opens a module's connection to the broker at url. It waits for a broker that is not there yet and comes back
// after every interruption; meanwhile calls fail at once instead of being sent late.
func Connect(url, name string, log *slog.Logger, opts ...nats.Option) (*nats.Conn, error) {
	if log == nil {
		log = slog.Default()
	}
	all := append([]nats.Option{
		nats.Name("banmuyuan-" + name),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond), nats.ReconnectBufSize(-1),
		nats.PingInterval(20 * time.Second), nats.DrainTimeout(30 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("broker connection lost", "module", name, "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("broker connection is back", "module", name) }),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Error("broker reported", "module", name, "subject", subject, "error", err)
		}),
	}, opts...)
	nc, err := nats.Connect(url, all...)
	if err != nil {
		return nil, fmt.Errorf("connect to broker: %w", err)
	}
	return nc, nil
}
