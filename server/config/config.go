package config

import (
	"time"
)

// Config is every setting of the server. A field's key names it everywhere: log_level is the flag --log-level, the environment's
// CAUDAL_LOG_LEVEL and the file's log_level.
//
// Field types are string, bool, int, time.Duration, Amount and []string (comma-separated in flags and environment).
type Config struct {
	// Data is the folder that holds the bank: its database, its lock and its local socket. No default, because a bank
	// that comes up empty in a folder nobody chose looks like money lost; --demo makes a temporary one.
	Data string `key:"data" usage:"folder that holds the bank"`

	// Demo turns the server into a seeded playground on loopback: its database is stamped, and refused by a server that
	// is not in demo mode.
	Demo bool `key:"demo" usage:"seeded playground on loopback, with money for everybody"`

	// Listen is where clients connect (wss://LISTEN/ws). Loopback by default, because whoever opens a bank to a network
	// should have said so.
	Listen string `key:"listen" default:"127.0.0.1:8443" usage:"address for clients"`

	// Admin is where /healthz, /readyz and /metrics are, without TLS and without a sign-in: loopback only.
	Admin string `key:"admin" default:"127.0.0.1:8444" usage:"loopback address for health and metrics; empty for none"`

	// Name is what the channel certificate calls the bank, shown to people beside the fingerprint.
	Name string `key:"name" default:"Caudal" usage:"the bank's name, as clients show it"`

	// Hosts are the names by which clients may address the server (Host header, without port). Loopback
	// names, the listener's own address and the ACME host always are. Any other name is refused, because DNS rebinding
	// passes a check that compares Origin with Host alone.
	Hosts []string `key:"hosts" usage:"names by which clients may address the server"`

	// Origins are web origins, besides the server's own, whose pages may open a connection. Empty, because the dashboard
	// is served from here.
	Origins []string `key:"origins" usage:"web origins besides the server's own that may connect"`

	// TrustedProxies are networks (CIDR) whose X-Forwarded-For is believed. Empty, because anybody can send that header,
	// and limits count by address.
	TrustedProxies []string `key:"trusted_proxies" usage:"networks whose X-Forwarded-For is believed (CIDR)"`

	// IdentityDir holds the bank's long-term key, identity.pem, and its development certificate. Empty means DATA/identity;
	// in demo mode the user's configuration folder, so that a second run is the same bank to a client.
	IdentityDir string `key:"identity_dir" usage:"folder of the bank's keys (default DATA/identity)"`

	// IdentityOffline is the fingerprint of an identity whose private key is kept elsewhere: the server then leaves
	// requests in IdentityDir that `identity sign` answers where the key is. Empty, because it needs an operator every
	// week.
	IdentityOffline string `key:"identity_offline" usage:"fingerprint of an identity whose key is kept elsewhere"`

	// TLSCert and TLSKey are a certificate chain and its key in PEM. Both or neither; neither means ACME where a host is
	// named for it, else a development certificate for loopback.
	TLSCert string `key:"tls_cert" usage:"TLS certificate chain (PEM)"`
	TLSKey  string `key:"tls_key" usage:"TLS private key (PEM)"`

	// ACMEHost is the public name to get a certificate for, by RFC 8555 over tls-alpn-01 on this very listener, which port
	// 443 of that name must reach.
	ACMEHost string `key:"acme_host" usage:"public name to get a certificate for by ACME"`

	// ACMEEmail is where the certificate authority writes when something is wrong. ACMEDirectory is its address; empty
	// means Let's Encrypt. ACMEAcceptTerms is the operator's word on its terms of service, which nobody can give for them.
	ACMEEmail       string `key:"acme_email" usage:"contact for the ACME certificate authority"`
	ACMEDirectory   string `key:"acme_directory" usage:"directory URL of the ACME certificate authority (default Let's Encrypt)"`
	ACMEAcceptTerms bool   `key:"acme_accept_terms" usage:"accept the certificate authority's terms of service"`

	// Classic accepts the channel's suite without the post-quantum half, for clients written on an off-the-shelf Noise
	// library. On, because a client chooses it only by asking for it, and the prologue binds the choice.
	Classic bool `key:"classic" default:"true" usage:"accept the channel's classic suite beside the hybrid one"`

	// Web is a folder with a dashboard to serve instead of the one inside, read anew for each request: for whoever works on
	// it. Only in demo mode, because whoever can write there reads every password that is typed.
	Web string `key:"web" usage:"folder of a built dashboard to serve instead of the one inside (demo only)"`

	// LogLevel and LogFormat: text where standard error is a terminal, JSON elsewhere. A demo is quiet, because a newcomer
	// reads what it prints.
	LogLevel  string `key:"log_level" default:"info" demo:"warn" usage:"debug, info, warn or error"`
	LogFormat string `key:"log_format" default:"auto" usage:"text, json or auto (text on a terminal)"`

	// Pprof serves /debug/pprof on the admin listener. Off, because a heap dump holds what customers wrote.
	Pprof bool `key:"pprof" usage:"serve /debug/pprof on the admin listener"`

	// Connections bounds all sockets: at some 20 KB each, 20,000 are 400 MB.
	Connections int `key:"connections" default:"20000" demo:"100000" usage:"most connections in all"`

	// ConnectionsPerAddress bounds those of one address (IPv6: one /64). An office behind one address fits; one machine
	// cannot take every place.
	ConnectionsPerAddress int `key:"connections_per_address" default:"256" demo:"100000" usage:"most connections of one address"`

	// ConnectionsPerUser bounds those signed in as one user: a person with a few devices, a shop with its tills.
	ConnectionsPerUser int `key:"connections_per_user" default:"64" demo:"10000" usage:"most connections of one user"`

	// Handshakes bounds the handshakes in progress: each costs some 200 us of a core, so this many wait a second at most.
	Handshakes int `key:"handshakes" default:"1024" demo:"20000" usage:"most handshakes in progress"`

	// HandshakesPerSecond and its burst bound the handshakes that one address starts.
	HandshakesPerSecond int `key:"handshakes_per_second" default:"20" demo:"100000" usage:"handshakes a second of one address"`
	HandshakesBurst     int `key:"handshakes_burst" default:"200" demo:"100000" usage:"handshakes of one address at once"`

	// HandshakeTimeout bounds the time from the socket to an open channel, so that half-open sockets go away.
	HandshakeTimeout time.Duration `key:"handshake_timeout" default:"10s" usage:"longest time to an open channel"`

	// SignInTimeout bounds the time from there to a sign-in: a person who types a password has connected by then only
	// where the client dials after asking, as ours do.
	SignInTimeout time.Duration `key:"sign_in_timeout" default:"30s" usage:"longest time to a sign-in"`

	// IdleTimeout closes a connection on which nothing arrives; the client's heartbeats keep it open.
	IdleTimeout time.Duration `key:"idle_timeout" default:"90s" usage:"a connection on which nothing arrives for this long is closed"`

	// Heartbeat is how often a connection without other traffic hears from the server: below the 60 s after which many
	// middleboxes forget a socket.
	Heartbeat time.Duration `key:"heartbeat" default:"30s" usage:"a silent connection hears from the server this often"`

	// WriteTimeout bounds one write to a socket: a reader that takes nothing for this long is gone.
	WriteTimeout time.Duration `key:"write_timeout" default:"10s" usage:"longest time that a write to a socket may take"`

	// ConnectionAge ends a connection so that its keys live no longer: a rekey adds no fresh Diffie-Hellman.
	ConnectionAge time.Duration `key:"connection_age" default:"24h" usage:"longest life of a connection"`

	// CommandsInFlight bounds the unanswered commands of one connection; past it the server stops reading.
	CommandsInFlight int `key:"commands_in_flight" default:"64" demo:"256" usage:"most unanswered commands of one connection"`

	// QueueKB bounds what waits to be written to one connection, in KiB, before superseded events are dropped and then
	// the connection.
	QueueKB int `key:"queue_kb" default:"64" demo:"256" usage:"most KiB waiting to be written to one connection"`

	// SignInBurst and SignInEvery bound attempts to sign in with one name from one address: ten wrong passwords at once,
	// then one every half a minute. Counted by name and address together, so that nobody locks out another by name alone.
	SignInBurst int           `key:"sign_in_burst" default:"10" demo:"1000000" usage:"sign-in attempts of one name from one address at once"`
	SignInEvery time.Duration `key:"sign_in_every" default:"30s" demo:"1ms" usage:"and then one in this time"`

	// SignInAddressBurst and SignInAddressEvery bound attempts from one address with whatever names. A success gives its
	// attempt back, so that an office behind one address is not in its own way.
	SignInAddressBurst int           `key:"sign_in_address_burst" default:"100" demo:"1000000" usage:"failed sign-ins of one address at once"`
	SignInAddressEvery time.Duration `key:"sign_in_address_every" default:"3s" demo:"1ms" usage:"and then one in this time"`

	// RegisterBurst and RegisterEvery bound registrations from one address, because each makes rows for ever.
	RegisterBurst int           `key:"register_burst" default:"30" demo:"1000000" usage:"registrations of one address at once"`
	RegisterEvery time.Duration `key:"register_every" default:"1m" demo:"1ms" usage:"and then one in this time"`

	// MissBurst and MissEvery bound how often one user may name an account, a payee, a device or a page that is not
	// there: enough for typing errors, too few to list the bank.
	MissBurst int           `key:"miss_burst" default:"20" demo:"1000" usage:"unknown accounts, payees and pages that one user may name at once"`
	MissEvery time.Duration `key:"miss_every" default:"30s" demo:"100ms" usage:"and then one in this time"`

	// LookUpBurst and LookUpEvery bound how often one member of staff looks for holders: a few tries for each customer of a
	// busy counter. Whoever asks all day long is shown 20 holders each time, 170,000 in a day, and has made 8,600 rows of the
	// audit log.
	LookUpBurst int           `key:"look_up_burst" default:"30" demo:"1000" usage:"look-ups of holders by one teller at once"`
	LookUpEvery time.Duration `key:"look_up_every" default:"10s" demo:"10ms" usage:"and then one in this time"`

	// RenameBurst and RenameEvery bound how often one user gives an account or a device another name: each is a commit of
	// its own, for which every transfer waits.
	RenameBurst int           `key:"rename_burst" default:"20" demo:"1000" usage:"new names of accounts and devices by one user at once"`
	RenameEvery time.Duration `key:"rename_every" default:"10s" demo:"10ms" usage:"and then one in this time"`

	// AccountsPerUser bounds what one holder can open, 64 at most: all of them fit one record.
	AccountsPerUser int `key:"accounts_per_user" default:"10" demo:"32" usage:"most accounts of one holder"`

	// LedgerQueue bounds the transfers that wait for a commit: at 50,000 a second this many are a third of a second. Past
	// it the answer is busy at once.
	LedgerQueue int `key:"ledger_queue" default:"16384" usage:"most transfers waiting for a commit"`

	// LedgerBatch bounds the transfers of one commit. An account that several of them touch is written once, so between
	// 10,000 accounts a flood costs a quarter less than at 1024, and a hundred connections with sixteen transfers each wait
	// no longer.
	LedgerBatch int `key:"ledger_batch" default:"4096" usage:"most transfers in one commit"`

	// TellerOperation and TellerDay bound the cash that one teller moves in one operation and in one UTC day, each way
	// and in each currency.
	TellerOperation Amount `key:"teller_operation" default:"50000.00" usage:"most cash in one deposit or withdrawal"`
	TellerDay       Amount `key:"teller_day" default:"500000.00" usage:"most cash that a teller moves in a day, each way"`

	// PasswordQueue bounds the sign-ins that wait for a core: at 20 ms each, 256 on two cores wait 2.5 s at most.
	PasswordQueue int `key:"password_queue" default:"256" demo:"4096" usage:"most sign-ins waiting for a core"`

	// DeskWorkers and DeskQueue bound the commands that read or write the database outside the ledger's own way.
	DeskWorkers int `key:"desk_workers" default:"8" usage:"database commands at work at once"`
	DeskQueue   int `key:"desk_queue" default:"4096" demo:"65536" usage:"most database commands waiting"`

	// DrainTimeout bounds a clean stop; then what is left is cut off, and idempotency keys settle it. DrainSpread is the
	// time over which clients are asked to spread when they come back.
	DrainTimeout time.Duration `key:"drain_timeout" default:"15s" usage:"longest clean stop"`
	DrainSpread  time.Duration `key:"drain_spread" default:"5s" usage:"time over which clients come back after a stop"`

	sources map[string]Source
}

// Source says where a value came from.
type Source int

// The sources, the strongest last.
const (
	Default Source = iota
	File
	Environment
	Flag
)

// String names the source as --print-config shows it.
func (s Source) String() string {
	return [...]string{"default", "file", "environment", "flag"}[s]
}

// Source returns where the value of key came from.
func (c *Config) Source(key string) Source { return c.sources[key] }

// Asked reports whether anybody set key.
func (c *Config) Asked(key string) bool { return c.sources[key] != Default }
