package admin

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/live"
)

// Sources are where numbers are read from when somebody looks.
type Sources struct {
	Connections func() conn.Stats
	Hub         func() live.Stats
	// Queued: commands waiting for the database's desk, and for a core to hash a password.
	Queued func() (desk, door int)
	// LedgerWaiting: orders waiting for a commit.
	LedgerWaiting func() int
	// CertificateEnds: when the channel's certificate does; zero for none.
	CertificateEnds func() time.Time
	Version         string
}

// Metrics counts the commands, and knows where the other numbers are.
type Metrics struct {
	registry     *prometheus.Registry
	commands     map[string]*commandMetrics
	batchOrders  prometheus.Histogram
	batchSeconds prometheus.Histogram
}

// commandMetrics are one command's, made ahead so that counting allocates nothing and no label comes from a client.
type commandMetrics struct {
	answers map[protocol.Code]prometheus.Counter
	seconds prometheus.Observer
}

// commandBuckets reach from a reply out of memory to a worker's timeout.
var commandBuckets = []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// NewMetrics registers everything that /metrics shows. commands are all names that Observe will get.
func NewMetrics(sources Sources, commands []string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), commands: make(map[string]*commandMetrics)}
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "caudal_commands_total", Help: "Commands answered, by name and by the error's code (ok for none).",
	}, []string{"command", "code"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "caudal_command_seconds", Help: "Time from a command's arrival to its reply.", Buckets: commandBuckets,
	}, []string{"command"})
	m.batchOrders = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "caudal_ledger_batch_orders", Help: "Orders that shared one commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 12),
	})
	m.batchSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "caudal_ledger_batch_seconds", Help: "Time from taking a batch's orders to its commit.", Buckets: commandBuckets,
	})
	for _, name := range commands {
		c := &commandMetrics{answers: make(map[protocol.Code]prometheus.Counter), seconds: seconds.WithLabelValues(name)}
		for number := range protocol.Code_name {
			code := protocol.Code(number)
			label := "ok"
			if code != protocol.Code_CODE_UNSPECIFIED {
				label = code.Name()
			}
			c.answers[code] = answers.WithLabelValues(name, label)
		}
		m.commands[name] = c
	}
	m.registry.MustRegister(
		answers, seconds, m.batchOrders, m.batchSeconds, connections{sources.Connections}, hub{sources.Hub},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("caudal_desk_waiting", "Commands waiting for the database.", func() float64 {
			desk, _ := sources.Queued()
			return float64(desk)
		}),
		gauge("caudal_door_waiting", "Sign-ins waiting for a core.", func() float64 {
			_, door := sources.Queued()
			return float64(door)
		}),
		gauge("caudal_ledger_waiting", "Orders waiting for a commit.", func() float64 { return float64(sources.LedgerWaiting()) }),
		gauge("caudal_channel_certificate_ends_seconds", "When the channel's certificate ends, in seconds since 1970.", func() float64 {
			if ends := sources.CertificateEnds(); !ends.IsZero() {
				return float64(ends.Unix())
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "caudal_build_info", Help: "Which program this is.", ConstLabels: prometheus.Labels{"version": sources.Version},
		}, func() float64 { return 1 }),
	)
	return m
}

// Gatherer is what /metrics shows.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Observe counts one answer. It is on the way of every transfer.
func (m *Metrics) Observe(command string, code protocol.Code, took time.Duration) {
	c := m.commands[command]
	if c == nil {
		return
	}
	if answer := c.answers[code]; answer != nil {
		answer.Inc()
	}
	c.seconds.Observe(took.Seconds())
}

// ObserveBatch counts one commit of the ledger.
func (m *Metrics) ObserveBatch(orders int, took time.Duration) {
	m.batchOrders.Observe(float64(orders))
	m.batchSeconds.Observe(took.Seconds())
}

func gauge(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
}

// connections shows conn.Stats, read once for all of them.
type connections struct{ stats func() conn.Stats }

var (
	openDesc        = desc("caudal_connections_open", "Connections, handshakes in progress included.")
	handshakingDesc = desc("caudal_handshakes_in_progress", "Connections whose channel does not stand yet.")
	openedDesc      = desc("caudal_channels_opened_total", "Channels that stood.")
	failedDesc      = desc("caudal_handshakes_failed_total", "Sockets whose channel never did.")
	closedDesc      = desc("caudal_connections_closed_total", "Connections that ended, by close code (cut for none).", "code")
	refusedDesc     = desc("caudal_requests_refused_total", "Requests refused before the upgrade, by reason.", "reason")
	messagesInDesc  = desc("caudal_messages_in_total", "Messages received.")
	bytesInDesc     = desc("caudal_bytes_in_total", "Bytes received in messages.")
	recordsOutDesc  = desc("caudal_records_out_total", "Records sent.")
	bytesOutDesc    = desc("caudal_bytes_out_total", "Bytes sent in records.")
	coalescedDesc   = desc("caudal_events_coalesced_total", "Events left out for slow readers.")
	panicsDesc      = desc("caudal_connection_panics_total", "Connections ended by a fault of the server.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func (c connections) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		openDesc, handshakingDesc, openedDesc, failedDesc, closedDesc, refusedDesc, messagesInDesc, bytesInDesc, recordsOutDesc,
		bytesOutDesc, coalescedDesc, panicsDesc,
	} {
		ch <- d
	}
}

func (c connections) Collect(ch chan<- prometheus.Metric) {
	s := c.stats()
	ch <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, float64(s.Open))
	ch <- prometheus.MustNewConstMetric(handshakingDesc, prometheus.GaugeValue, float64(s.Handshaking))
	for _, total := range []struct {
		desc  *prometheus.Desc
		value uint64
	}{
		{openedDesc, s.Opened}, {failedDesc, s.HandshakesFailed}, {messagesInDesc, s.MessagesIn}, {bytesInDesc, s.BytesIn},
		{recordsOutDesc, s.RecordsOut}, {bytesOutDesc, s.BytesOut}, {coalescedDesc, s.Coalesced}, {panicsDesc, s.Panics},
	} {
		ch <- prometheus.MustNewConstMetric(total.desc, prometheus.CounterValue, float64(total.value))
	}
	for code, count := range s.Closed {
		name := "cut"
		if code != 0 {
			name = code.String()
		}
		ch <- prometheus.MustNewConstMetric(closedDesc, prometheus.CounterValue, float64(count), name)
	}
	for reason, count := range s.Refused {
		ch <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(count), strings.ToLower(reason))
	}
}

// hub shows live.Stats.
type hub struct{ stats func() live.Stats }

var (
	usersDesc      = desc("caudal_users_online", "Users who are signed in.")
	signedInDesc   = desc("caudal_connections_signed_in", "Connections that are signed in.")
	subscribedDesc = desc("caudal_connections_subscribed", "Connections that get events.")
)

func (h hub) Describe(ch chan<- *prometheus.Desc) {
	ch <- usersDesc
	ch <- signedInDesc
	ch <- subscribedDesc
}

func (h hub) Collect(ch chan<- prometheus.Metric) {
	s := h.stats()
	ch <- prometheus.MustNewConstMetric(usersDesc, prometheus.GaugeValue, float64(s.Users))
	ch <- prometheus.MustNewConstMetric(signedInDesc, prometheus.GaugeValue, float64(s.SignedIn))
	ch <- prometheus.MustNewConstMetric(subscribedDesc, prometheus.GaugeValue, float64(s.Subscribed))
}
