package app

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"caudal/models/money"
)

// announce prints where the server is and who it is: one line that programs can read, and for a demo everything that a
// newcomer needs next.
func (a *app) announce(s *server, seeds *demo) error {
	where := fmt.Sprintf("CAUDAL_SERVER=wss://%s/ws CAUDAL_IDENTITY=%s", s.publicAddress(), s.keys.Identity())
	s.log.Info("ready", "listen", s.listener.Addr().String(), "admin", s.adminAddress(), "identity", s.keys.Identity().String(), "data", s.config.Data)
	if seeds == nil {
		_, err := fmt.Fprintln(a.stdout, where)
		return err
	}
	text := new(strings.Builder)
	seeds.print(text, where, s, style(a.stdout, a.getenv))
	_, err := io.WriteString(a.stdout, text.String())
	return err
}

// publicAddress is how clients reach the listener, as far as the server can know: where it listens everywhere, by the first
// of its names.
func (s *server) publicAddress() string {
	address := s.listener.Addr().String()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
		return address
	}
	for _, name := range append(slices.Clone(s.config.Hosts), s.config.ACMEHost, "localhost") {
		if name != "" {
			return net.JoinHostPort(name, port)
		}
	}
	return address
}

// style marks headings where somebody reads them on a terminal.
func style(w io.Writer, getenv func(string) string) func(string) string {
	if !isTerminal(w) || getenv("NO_COLOR") != "" {
		return func(text string) string { return text }
	}
	return func(text string) string { return "\x1b[1m" + text + "\x1b[0m" }
}

// print writes the newcomer's page.
func (d *demo) print(w *strings.Builder, where string, s *server, heading func(string) string) {
	client := clientProgram()
	fmt.Fprintf(w, "\n%s\n\n", heading("Caudal, a demo bank on this machine. The money is for play."))
	for _, u := range d.users {
		balance := "teller"
		if u.giftMinor > 0 {
			balance = money.FormatGrouped(u.giftMinor, money.MXN) + " MXN"
		}
		fmt.Fprintf(w, "  %-8s  %-17s  %s  %13s\n", u.username, u.owner, u.password, balance)
	}
	pages := "https://" + s.publicAddress()
	fmt.Fprintf(w, "\n%s\n\n  %s/demo    two holders side by side\n  %s/        the bank itself: sign in as one of them, or open an account\n\n",
		heading("In a browser:"), pages, pages)
	fmt.Fprintf(w, "  It warns of a certificate that it does not know, because this bank has made its own: go on, or\n  let it trust %s first.\n",
		filepath.Join(s.config.Data, caLink))
	export := func(home string) string {
		return "export " + where + " CAUDAL_HOME=" + quote(filepath.Join(s.config.Data, home))
	}
	login := func(u demoUser) string {
		return fmt.Sprintf("echo %s | %s login --username %s --password-stdin", u.password, client, u.username)
	}
	fmt.Fprintf(w, "\n%s\n\n  %s\n  %s\n  %s listen\n", heading("Or in a second terminal, Ana watches her account:"),
		export("home-ana"), login(d.users[0]), client)
	fmt.Fprintf(w, "\n%s\n\n  %s\n  %s\n  %s transfer --to @ana --amount 125.50 --memo \"la comida\"\n",
		heading("In a third one, Luis pays her:"), export("home-luis"), login(d.users[1]), client)
	fmt.Fprintf(w, "\n%s\n\n  %s register --username NAME --owner \"YOUR NAME\"\n",
		heading("Open an account of your own; everybody who does is given "+money.FormatGrouped(welcomeMinor, money.MXN)+" MXN:"), client)
	fmt.Fprintf(w, "\nThe bank is in %s, its passwords in %s.\n", s.config.Data, d.path)
	if s.admin != nil {
		fmt.Fprintf(w, "Health and metrics: http://%s/readyz, /metrics. Ctrl-C stops the bank.\n\n", s.admin.listener.Addr())
	} else {
		fmt.Fprint(w, "Ctrl-C stops the bank.\n\n")
	}
}

// clientProgram is what a newcomer types for the client: the way they started the server says which.
func clientProgram() string {
	if path, err := os.Executable(); err == nil && filepath.Base(path) == "caudald" {
		return "caudal"
	}
	return "go run ./wsclient"
}

// quote makes text one word of a shell.
func quote(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%", r)
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
