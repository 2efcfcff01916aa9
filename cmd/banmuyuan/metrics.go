package main

import (
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

func (m *metrics) database(module string, db *sqlx.DB) {
	m.registry.MustRegister(collectors.NewDBStatsCollector(db.DB, module))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
