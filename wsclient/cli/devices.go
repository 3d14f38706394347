package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"caudal/wsclient/caudal"
)

// devicePrefixMin is the least of a device's id that is enough to name it, where no other begins alike.
const devicePrefixMin = 4

func (a *app) devicesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "List the devices that sign in for you",
		Args:  cobra.NoArgs,
		RunE: a.asUser(func(ctx context.Context, b *bank) error {
			devices, err := b.Devices(ctx)
			if err != nil {
				return explain(err)
			}
			answer := devicesJSON{Devices: make([]deviceJSON, len(devices))}
			for i := range devices {
				answer.Devices[i] = deviceAnswer(&devices[i])
			}
			return a.out.show(answer, func(p *page) { a.devicesTable(p, devices) })
		}),
	}
	cmd.AddCommand(a.revokeCommand(), a.renameDeviceCommand())
	return cmd
}

func (a *app) devicesTable(p *page, devices []caudal.DeviceInfo) {
	rows := make([][]string, len(devices))
	for i, d := range devices {
		here := ""
		if d.Current {
			here = "this one"
		}
		rows[i] = []string{d.ID.String(), a.moment(d.Created), a.moment(d.LastSeen), here, d.Name}
	}
	p.table([]column{{"device", false}, {"enrolled", false}, {"last seen", false}, {"", false}, {"name", false}}, rows)
}

func (a *app) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "Revoke a device: its key signs in no more, and its connections close at once",
		Long: `Revoke a device: its key signs in no more, and its connections close at once.

ID is what "caudal devices" shows, or as much of its beginning as no other device shares.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.asUser(func(ctx context.Context, b *bank) error { return a.revoke(ctx, b, args[0]) })(cmd, nil)
		},
		ValidArgsFunction: a.completeDevice,
	}
}

func (a *app) renameDeviceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rename ID NAME",
		Short: "Give a device another name, by which you know it",
		Long: `Give a device another name, by which you know it.

ID is what "caudal devices" shows, or as much of its beginning as no other device shares.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.asUser(func(ctx context.Context, b *bank) error {
				id, err := b.device(ctx, args[0])
				if err != nil {
					return err
				}
				device, err := b.RenameDevice(ctx, id, args[1])
				if err != nil {
					return explain(err)
				}
				return a.out.show(deviceAnswer(device), func(p *page) { p.line("%v is called %s.", device.ID, device.Name) })
			})(cmd, nil)
		},
		ValidArgsFunction: a.completeDevice,
	}
}

// completeDevice offers the devices as the first argument.
func (a *app) completeDevice(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.complete(cmd, deviceWords)
}

func deviceWords(ctx context.Context, b *bank) (words []string) {
	devices, err := b.Devices(ctx)
	if err != nil {
		return nil
	}
	for _, d := range devices {
		words = append(words, cobra.CompletionWithDesc(d.ID.String(), visible(d.Name)))
	}
	return words
}

func (a *app) revoke(ctx context.Context, b *bank, text string) error {
	id, err := b.device(ctx, text)
	if err != nil {
		return err
	}
	if err := b.RevokeDevice(ctx, id); err != nil {
		return explain(err)
	}
	if id == b.session.Device.ID { // its key is worthless now
		if err := b.home.forget(b.session); err != nil {
			return err
		}
	}
	return a.out.show(map[string]string{"revoked": id.String()}, func(p *page) {
		p.line("Revoked %v.", id)
		if id == b.session.Device.ID {
			p.line("It was this device: sign in again with caudal login --username %s", b.session.Username)
		}
	})
}

// device reads an id, or finds the one device whose id begins so.
func (b *bank) device(ctx context.Context, text string) (caudal.DeviceID, error) {
	text = strings.ToLower(text)
	if id, err := caudal.ParseDeviceID(text); err == nil {
		return id, nil
	}
	if len(text) < devicePrefixMin || strings.Trim(text, "0123456789abcdef") != "" {
		return caudal.DeviceID{}, wrongUsage("%q is not the id of a device", text).trying("caudal devices")
	}
	devices, err := b.Devices(ctx)
	if err != nil {
		return caudal.DeviceID{}, explain(err)
	}
	var found []caudal.DeviceID
	for _, d := range devices {
		if strings.HasPrefix(d.ID.String(), text) {
			found = append(found, d.ID)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	f := &failure{exit: exitRefused, code: "not_found", message: fmt.Sprintf("%d of your devices have an id that begins with %s", len(found), text)}
	return caudal.DeviceID{}, f.trying("caudal devices")
}
