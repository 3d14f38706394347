package e2e

import (
	"encoding/json"
	"testing"

	"caudal/wsclient/caudal"
)

// signedOut waits until the page is the sign-in form, with nothing of the person on it.
func (w *window) signedOut() {
	w.t.Helper()
	w.find("button", "Entrar")
	if left := w.figures(); len(left) > 0 {
		w.t.Errorf("%s is signed out and still sees %+v", w.name, left)
	}
}

// revokesTheOtherDevice revokes the one other device in the list.
func (w *window) revokesTheOtherDevice() {
	w.t.Helper()
	w.route("/security")
	w.presses("[data-testid=device]:not(.device-current) .device-revoke")
	w.presses("[data-testid=revoke-confirm]")
	w.holds(`document.querySelectorAll("[data-testid=device]").length === 1`)
}

// TestARevokedDeviceIsSignedOutAtOnce: by another browser, by the client program, and by a change of the password.
func TestARevokedDeviceIsSignedOutAtOnce(t *testing.T) {
	t.Parallel()
	b := startDashboard(t)
	laptop, phone := open(t, "Ana's laptop"), open(t, "Ana's phone")
	phone.resize(390, 844)
	laptop.registers(b.page(), "ana_devices", "Ana Torres")
	laptop.route("/security")
	laptop.holds(`document.querySelectorAll("[data-testid=device]").length === 1`)
	phone.signsIn(b.page(), "ana_devices", testPassword)
	laptop.holds(`document.querySelector("[data-testid=new-device]")`)

	laptop.revokesTheOtherDevice()
	phone.holds(`document.querySelector("[data-testid=device-revoked]")`)
	phone.signedOut()
	phone.reload()
	phone.signedOut()
	laptop.isLive()

	phone.typesCredentials("ana_devices", testPassword)
	phone.isLive()
	terminal := b.terminal(t)
	terminal.runs(testPassword+"\n", "login", "--username", "ana_devices", "--password-stdin", "--device", "terminal")
	// The browsers' devices have equal names: the one that was added last is the phone's.
	var list struct {
		Devices []struct {
			ID        string `json:"id"`
			Name      string `json:"name"`
			CreatedAt string `json:"created_at"`
		} `json:"devices"`
	}
	if err := json.Unmarshal([]byte(terminal.runs("", "devices", "--format", "json")), &list); err != nil {
		t.Fatal(err)
	}
	newest := -1
	for i, d := range list.Devices {
		if d.Name != "terminal" && (newest < 0 || d.CreatedAt > list.Devices[newest].CreatedAt) {
			newest = i
		}
	}
	terminal.runs("", "devices", "revoke", list.Devices[newest].ID)
	phone.holds(`document.querySelector("[data-testid=device-revoked]")`)
	phone.signedOut()
	laptop.isLive()

	phone.typesCredentials("ana_devices", testPassword)
	phone.isLive()
	const better = "another correct horse"
	laptop.route("/security")
	laptop.fill("textbox", "Contraseña actual", testPassword)
	laptop.fill("textbox", "Contraseña nueva", better)
	laptop.fill("textbox", "Repite la nueva", better)
	laptop.click("button", "Cambiar contraseña")
	laptop.holds(`document.querySelector("[data-testid=password-changed]")`)
	phone.signedOut()
	laptop.isLive()
	phone.typesCredentials("ana_devices", testPassword)
	phone.sees("El usuario o la contraseña no son correctos")
	phone.typesCredentials("ana_devices", better)
	phone.isLive()
}

// TestADeviceComesBackByItself: whoever has signed in once types nothing more, until they say so.
func TestADeviceComesBackByItself(t *testing.T) {
	t.Parallel()
	b := startDashboard(t)
	ana := open(t, "Ana")
	ana.registers(b.page(), "ana_back", "Ana Torres")
	ana.route("/")
	ana.shows(10_000_00)
	ana.reload()
	ana.shows(10_000_00)
	ana.visit("about:blank")
	ana.visit(b.page())
	ana.shows(10_000_00)
	if got := len(must[[]caudal.DeviceInfo](t)(b.account(t, "ana_back", testPassword).Devices(testContext(t)))); got != 2 {
		t.Errorf("the browser and the witness are %d devices", got)
	}

	ana.click("button", "Cerrar sesión")
	ana.presses("[data-testid=sign-out] .button-primary")
	ana.signedOut()
	ana.reload()
	ana.signedOut()
	if got := len(must[[]caudal.DeviceInfo](t)(b.account(t, "ana_back", testPassword).Devices(testContext(t)))); got != 2 {
		t.Errorf("the two witnesses are %d devices: the browser is still one", got)
	}

	// The card of the security page does the same.
	ana.typesCredentials("ana_back", testPassword)
	ana.isLive()
	ana.route("/security")
	ana.presses("[data-testid=leave-now]")
	ana.presses("[data-testid=sign-out] .button-primary")
	ana.signedOut()
	ana.reload()
	ana.signedOut()
}
