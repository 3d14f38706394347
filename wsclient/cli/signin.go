package cli

import (
	"context"

	"github.com/spf13/cobra"

	"caudal/wsclient/caudal"
)

// userJSON answers register, login and whoami.
type userJSON struct {
	Username string        `json:"username"`
	Owner    string        `json:"owner"`
	Role     string        `json:"role"`
	Device   deviceJSON    `json:"device"`
	Server   string        `json:"server"`
	Identity string        `json:"identity"`
	Accounts []accountJSON `json:"accounts,omitempty"`
}

func (b *bank) userAnswer(accounts []caudal.Account) userJSON {
	return userJSON{
		Username: b.user.Username,
		Owner:    b.user.Owner,
		Role:     string(b.user.Role),
		Device:   deviceAnswer(&b.user.Device),
		Server:   b.server,
		Identity: b.Bank().Identity.String(),
		Accounts: accountsAnswer(accounts).Accounts,
	}
}

func (a *app) registerCommand() *cobra.Command {
	var username, owner, device string
	var stdin bool
	cmd := &cobra.Command{
		Use:   "register --username NAME --owner \"YOUR NAME\"",
		Short: "Become a customer, and sign this device in",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.enrol(cmd.Context(), enrolment{
				device: device, stdin: stdin, fresh: true, prompt: "A password of 12 characters or more: ",
				sign: func(ctx context.Context, b *bank, password string, d *caudal.Device) (*caudal.User, error) {
					return b.Register(ctx, caudal.NewUser{Username: username, Owner: owner, Password: password}, d)
				},
			})
		},
	}
	cmd.Flags().StringVar(&username, "username", "", "how others pay you: 3 to 30 of a-z, 0-9 and _")
	cmd.Flags().StringVar(&owner, "owner", "", "your `name`, as payees see it")
	passwordFlags(cmd, &stdin, &device)
	required(cmd, "username", "owner")
	noFiles(cmd, "username", "owner")
	return cmd
}

func (a *app) loginCommand() *cobra.Command {
	var username, device string
	var stdin bool
	cmd := &cobra.Command{
		Use:   "login --username NAME",
		Short: "Sign this device in; from then on its own key does",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.enrol(cmd.Context(), enrolment{
				device: device, stdin: stdin, prompt: "Password: ",
				sign: func(ctx context.Context, b *bank, password string, d *caudal.Device) (*caudal.User, error) {
					return b.Login(ctx, username, password, d)
				},
			})
		},
	}
	cmd.Flags().StringVar(&username, "username", "", "who signs in")
	passwordFlags(cmd, &stdin, &device)
	required(cmd, "username")
	noFiles(cmd, "username")
	return cmd
}

func passwordFlags(cmd *cobra.Command, stdin *bool, device *string) {
	cmd.Flags().BoolVar(stdin, "password-stdin", false, "read the password from standard input: its first line")
	cmd.Flags().StringVar(device, "device", "", "what to call this device (default: the machine's name)")
	noFiles(cmd, "device")
}

// enrolment is what register and login have in common: a password, and a new key that signs in from then on.
type enrolment struct {
	device string
	stdin  bool
	fresh  bool // the password is a new one
	prompt string
	sign   func(ctx context.Context, b *bank, password string, d *caudal.Device) (*caudal.User, error)
}

// enrol connects first: no password is asked for before the bank has proven who it is.
func (a *app) enrol(ctx context.Context, e enrolment) error {
	if e.device == "" {
		e.device = deviceName()
	}
	b, err := a.dialBounded(ctx)
	if err != nil {
		return err
	}
	defer func() { b.close() }()
	if err := b.home.prepare(b.home.sessionPath(b.server)); err != nil {
		return fileFailure(err)
	}
	ask := a.password
	if e.fresh {
		ask = a.newPassword
	}
	if !e.stdin { // the bank does not keep a connection open for as long as a person may take
		b.close()
	}
	password, err := ask(ctx, e.stdin, e.prompt)
	if err != nil {
		return err
	}
	device, err := caudal.NewDevice(e.device)
	if err != nil {
		return explain(err)
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	if !e.stdin {
		if err := b.connect(ctx, a); err != nil {
			return err
		}
	}
	if b.user, err = e.sign(ctx, b, password, device); err != nil {
		return explain(err)
	}
	former := b.session
	if err := b.home.keep(&session{
		Server: b.server, Identity: b.Bank().Identity, Username: b.user.Username, Device: device,
	}); err != nil {
		return err
	}
	if former != nil {
		a.note("caudal: this replaces the sign-in of %s here; its device %v stays enrolled until it is revoked",
			former.Username, former.Device.ID)
	}
	accounts, err := b.Accounts(ctx)
	if err != nil {
		return explain(err)
	}
	return a.out.show(b.userAnswer(accounts), func(p *page) {
		p.line("Signed in as %s (%s), on the device %q.", b.user.Username, b.user.Owner, b.user.Device.Name)
		if len(accounts) > 0 {
			p.line("")
			accountsTable(p, accounts)
		}
	})
}

// dialBounded connects within --timeout. A question to a person in between takes as long as it takes.
func (a *app) dialBounded(ctx context.Context) (*bank, error) {
	if a.terminal != nil {
		return a.dial(ctx)
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	return a.dial(ctx)
}

func (a *app) whoamiCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "whoami",
		Short: "Who is signed in, on which device, and at which bank",
		Args:  cobra.NoArgs,
		RunE: a.asUser(func(ctx context.Context, b *bank) error {
			return a.out.show(b.userAnswer(nil), func(p *page) {
				p.line("%s (%s), %s", b.user.Username, b.user.Owner, string(b.user.Role))
				p.line("device    %s  %v", b.user.Device.Name, b.user.Device.ID)
				p.line("server    %s", b.server)
				p.line("identity  %v", b.Bank().Identity)
			})
		}),
	}
}

func (a *app) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Sign this device out: its key is revoked at the bank and deleted here",
		Args:  cobra.NoArgs,
		RunE: a.asUser(func(ctx context.Context, b *bank) error {
			if err := b.Logout(ctx, true); err != nil {
				return explain(err)
			}
			if err := b.home.forget(b.session); err != nil {
				return err
			}
			return a.out.show(map[string]string{"logged_out": b.user.Username}, func(p *page) {
				p.line("Signed out. The key of this device is revoked and deleted.")
			})
		}),
	}
}

func (a *app) passwordCommand() *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use:   "password",
		Short: "Change the password, which signs all your other devices out",
		Long: `Change the password. It needs the old one, and revokes every other device.

With --password-stdin, the first line of standard input is the old password and the second is the new one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.changePassword(cmd.Context(), stdin) },
	}
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the old password and the new one from standard input: two lines")
	return cmd
}

func (a *app) changePassword(ctx context.Context, stdin bool) error {
	b, err := a.signedIn(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	old, err := a.password(ctx, stdin, "The password now: ")
	if err != nil {
		return err
	}
	next, err := a.newPassword(ctx, stdin, "The new one, of 12 characters or more: ")
	if err != nil {
		return err
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	revoked, err := b.ChangePassword(ctx, old, next)
	if err != nil {
		return explain(err)
	}
	return a.out.show(map[string]int{"devices_revoked": revoked}, func(p *page) {
		p.line("The password is changed. Other devices signed out: %d.", revoked)
	})
}

// asUser runs a command that needs a sign-in, within --timeout.
func (a *app) asUser(run func(ctx context.Context, b *bank) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		b, err := a.signedIn(cmd.Context())
		if err != nil {
			return err
		}
		defer b.close()
		ctx, cancel := a.bounded(cmd.Context())
		defer cancel()
		return run(ctx, b)
	}
}
