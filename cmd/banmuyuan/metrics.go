package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"banmuyuan/internal/link"
)

// metrics are the figures of this process at /metrics.
type metrics struct {
	registry *prometheus.Registry
	pages    *prometheus.HistogramVec
	requests *prometheus.HistogramVec
	unsigned *prometheus.CounterVec
}

func newMetrics() *metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f := promauto.With(r)
	buckets := []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "banmuyuan_up", Help: "1 while the process runs.", ConstLabels: prometheus.Labels{"version": version}},
		func() float64 { return 1 })
	return &metrics{
		registry: r,
		pages: f.NewHistogramVec(prometheus.HistogramOpts{Name: "banmuyuan_http_request_seconds",
			Help: "Time to answer HTTP requests, by route.", Buckets: buckets}, []string{"method", "route", "status"}),
		requests: f.NewHistogramVec(prometheus.HistogramOpts{Name: "banmuyuan_rpc_request_seconds",
			Help: "Time to answer the modules' requests, by subject.", Buckets: buckets}, []string{"subject", "code"}),
		unsigned: f.NewCounterVec(prometheus.CounterOpts{Name: "banmuyuan_rpc_refused_total",
			Help: "Requests refused because their signature does not hold, by reason."}, []string{"why"}),
	}
}

func (m *metrics) page(method, route string, status int, took time.Duration) {
	m.pages.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) request(subject string, code link.Code, took time.Duration) {
	if code == "" {
		code = "ok"
	}
	m.requests.WithLabelValues(subject, string(code)).Observe(took.Seconds())
}

func (m *metrics) refused(why string) { m.unsigned.WithLabelValues(why).Inc() }

func (m *metrics) database(module string, db *sqlx.DB) {
	m.registry.MustRegister(collectors.NewDBStatsCollector(db.DB, module))
}

// backlog publishes a module's waiting work.
func (m *metrics) backlog(module string, of *snapshot) {
	f := promauto.With(m.registry)
	for _, g := range []struct {
		name, help string
		value      func(link.Pending) float64
	}{
		{"banmuyuan_outbox_wait_seconds", "How long the next event has waited to be published.", func(p link.Pending) float64 { return p.Waiting.Seconds() }},
		{"banmuyuan_consumer_pending", "Events that the module's consumers have not applied.", func(p link.Pending) float64 { return float64(p.Behind) }},
		{"banmuyuan_dead_letters", "Events that were given up.", func(p link.Pending) float64 { return float64(p.DeadLetters) }},
	} {
		f.NewGaugeFunc(prometheus.GaugeOpts{Name: g.name, Help: g.help, ConstLabels: prometheus.Labels{"module": module}},
			func() float64 { return g.value(of.get()) })
	}
}

// space publishes the room on the data folder's disk.
func (m *metrics) space(d disk) {
	promauto.With(m.registry).NewGaugeFunc(prometheus.GaugeOpts{Name: "banmuyuan_disk_free_bytes", Help: "Free bytes on the disk of the data folder."},
		func() float64 {
			free, err := d.free()
			if err != nil {
				return -1
			}
			return float64(free)
		})
}

const (
	metricsOff  = "off"
	metricsAddr = "127.0.0.1:9180" // where BANMU_METRICS_ADDR is not set
)

// listenMetrics listens on the address of the figures, or returns nil where they are off. Several processes of one machine
// have the default address in turn: the others take a free port.
func listenMetrics(ctx context.Context, addr string) (net.Listener, error) {
	switch addr {
	case metricsOff:
		return nil, nil
	case "":
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", metricsAddr)
		if err != nil {
			l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		}
		if err != nil {
			return nil, fmt.Errorf("listen for figures: %w", err)
		}
		return l, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on BANMU_METRICS_ADDR: %w", err)
	}
	return l, nil
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
