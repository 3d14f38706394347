package models_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/money"
)

func TestMemosOfPeopleAreKept(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"Cena del viernes 🍜":     "Cena del viernes 🍜",
		"  aquí  y allá ":        "aquí  y allá",
		"cafe\u0301":             "caf\u00e9",
		"mil\u00a0pesos\u3000":   "mil pesos",
		"50% + <b>&\"';--":       "50% + <b>&\"';--",
		"Nguyễn Thị":             "Nguyễn Thị",
		"محمد علي":               "محمد علي",
		"می\u200cخواهم":          "می\u200cخواهم", // Persian needs the non-joiner
		"ക്\u200d":               "",              // a joiner at the end of a word belongs to nothing, see below
		"क्\u200dष":              "क्\u200dष",
		"👩\u200d👧":               "👩\u200d👧",
		"👩🏽\u200d🚀":              "👩🏽\u200d🚀",
		"❤\ufe0f\u200d🔥":         "❤\ufe0f\u200d🔥",
		"日本語のメモ":                 "日本語のメモ",
		"חשבון":                  "חשבון",
		strings.Repeat("ñ", 140): strings.Repeat("ñ", 140),
	} {
		if strings.HasSuffix(text, "\u200d") {
			continue
		}
		if got, err := models.CleanMemo(text); err != nil || got != want {
			t.Errorf("%+q: %+q, %v", text, got, err)
		}
	}
}

func TestHostileTextIsRefusedAndNotRepeated(t *testing.T) {
	for name, text := range map[string]string{
		"nul":                       "a\x00b",
		"line feed":                 "a\nb",
		"carriage return":           "a\rb",
		"tab":                       "a\tb",
		"escape sequence":           "\x1b[2J\x1b[1;1H",
		"bell":                      "a\ab",
		"delete":                    "a\x7fb",
		"C1 CSI":                    "a\u009b31mb",
		"next line":                 "a\u0085b",
		"line separator":            "a\u2028b",
		"paragraph separator":       "a\u2029b",
		"right-to-left override":    "a\u202egnp.exe",
		"left-to-right embedding":   "a\u202ab",
		"isolate":                   "a\u2066b\u2069",
		"right-to-left mark":        "a\u200fb",
		"Arabic letter mark":        "a\u061cb",
		"zero-width space":          "a\u200bb",
		"zero-width no-break space": "\ufeffab",
		"word joiner":               "a\u2060b",
		"soft hyphen":               "a\u00adb",
		"joiner in Latin":           "an\u200da",
		"non-joiner in Latin":       "an\u200ca",
		"joiner at the end":         "ക്\u200d",
		"joiner at the start":       "\u200dक",
		"two joiners":               "क\u200d\u200dष",
		"joiner after a space":      "क \u200dष",
		"grapheme joiner":           "a\u034fb",
		"Hangul filler":             "a\u3164b",
		"half-width filler":         "a\uffa0b",
		"jamo filler":               "a\u115fb",
		"braille blank":             "a\u2800b",
		"variation selector":        "a\ufe0fb",
		"variation selector 17":     "a\U000e0100b",
		"Mongolian selector":        "a\u180bb",
		"tag":                       "a\U000e0041b",
		"invisible times":           "a\u2062b",
		"annotation":                "a\ufff9b",
		"object replacement":        "a\ufffcb",
		"replacement":               "a\ufffdb",
		"private":                   "a\ue000b",
		"private plane":             "a\U000f0000b",
		"noncharacter":              "a\uffffb",
		"unassigned":                "a\u0378b",
		"null notehead":             "a\U0001d159b",
		"tower of marks":            "a" + strings.Repeat("\u0335", 5),
		"mark at the start":         "\u0335a",
		"mark after spaces":         "  \u0335a",
		"invalid UTF-8":             "a\xffb",
		"overlong":                  "a\xc0\x80b",
		"surrogate":                 "a\xed\xa0\x80b",
		"truncated":                 "a\xe2\x80",
		"too long":                  strings.Repeat("a", 141),
		"far too long":              strings.Repeat("a", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			for field, clean := range map[string]func(string) (string, error){
				"memo": models.CleanMemo, "owner": models.CleanOwner,
				"account name": models.CleanAccountName, "device name": models.CleanDeviceName,
			} {
				got, err := clean(text)
				var refusal *models.TextError
				if !errors.Is(err, models.ErrText) || !errors.As(err, &refusal) || refusal.Field != field || got != "" {
					t.Fatalf("%s: %+q, %v", field, got, err)
				}
				for _, r := range err.Error() {
					if r < ' ' || r > '~' {
						t.Fatalf("the error would do what the text does: %+q", err.Error())
					}
				}
			}
		})
	}
}

func TestNamesHaveSomethingToShowAndTheirBounds(t *testing.T) {
	for _, c := range []struct {
		clean func(string) (string, error)
		bound int
	}{{models.CleanOwner, models.MaxOwner}, {models.CleanAccountName, models.MaxAccountName}, {models.CleanDeviceName, models.MaxDeviceName}} {
		for _, bad := range []string{"", " ", "\u3000 \u00a0", strings.Repeat("a", c.bound+1)} {
			if got, err := c.clean(bad); !errors.Is(err, models.ErrText) {
				t.Errorf("%+q: %+q, %v", bad, got, err)
			}
		}
		longest := strings.Repeat("é", c.bound)
		if got, err := c.clean(norm.NFD.String(longest)); err != nil || got != longest {
			t.Error(got, err)
		}
		if got, err := c.clean("  a \u00a0 b  "); err != nil || got != "a b" {
			t.Errorf("%+q, %v", got, err)
		}
	}
	if _, err := models.CleanOwner("1234 !!"); !errors.Is(err, models.ErrText) {
		t.Error("an owner without a letter", err)
	}
}

func TestUsernames(t *testing.T) {
	for _, good := range []string{"ana", "a_1", "___", "012345678901234567890123456789"} {
		if err := models.CheckUsername(good); err != nil {
			t.Error(good, err)
		}
	}
	for _, bad := range []string{"", "an", "Ana", "aná", "аna", "an a", "ana\n", "ana\x00", "@ana", "a-b", "0123456789012345678901234567890", "ａｎａ"} {
		if err := models.CheckUsername(bad); !errors.Is(err, models.ErrText) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMaskName(t *testing.T) {
	for owner, want := range map[string]string{
		"Ana Torres":    "An*** To***",
		"Mercado":       "Me***",
		"Li Bo":         "L*** B***",
		"María de la Ó": "Ma*** d*** l*** Ó***",
		"Q̃e̱x Bob":     "Q̃e̱*** Bo***",
		"Ñandú":         "Ña***",
		"王小明":           "王小***",
		"王明":            "王***",
	} {
		if got := models.MaskName(owner); got != want {
			t.Errorf("%s: %s", owner, got)
		}
	}
}

// Whatever is accepted is inert: it has no character that a terminal, a page or a database would take for anything else.
func FuzzCleanMemo(f *testing.F) {
	for _, text := range []string{"hola", "a\u202eb", "\x1b[2J", "क्\u200dष", "👩\u200d👧", "e\u0301", " \u0301", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean, err := models.CleanMemo(text)
		if err != nil {
			if clean != "" || !errors.Is(err, models.ErrText) {
				t.Fatalf("%+q, %v", clean, err)
			}
			return
		}
		if !utf8.ValidString(clean) || utf8.RuneCountInString(clean) > models.MaxMemo || clean != strings.TrimSpace(clean) {
			t.Fatalf("%+q", clean)
		}
		for _, r := range clean {
			if unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) ||
				unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
				t.Fatalf("%+q has %U", clean, r)
			}
		}
		again, err := models.CleanMemo(clean)
		if err != nil || again != clean {
			t.Fatalf("cleaned twice, %+q becomes %+q, %v", clean, again, err)
		}
		models.MaskName(clean)
	})
}

// What PostgreSQL does not take as text is refused before, as it is on SQLite, which would take it.
func TestTextThatIsNoneReachesNoDatabase(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ana, phone, _ := createUser(t, s, "ana", "Ana")
		teller := counter(t, s, "caja", models.RoleTeller)
		for _, bad := range []string{"an\x00", "an\xff", "an\xed\xa0\x80"} {
			create := func(spoil func(*models.NewUser)) error {
				device := newDevice(t, "phone")
				user := models.NewUser{Username: "luis", Owner: "Luis", PasswordHash: hash, Device: &device, AccountName: "Cuenta", Currency: money.MXN}
				spoil(&user)
				_, _, _, err := s.CreateUser(t.Context(), user)
				return err
			}
			for name, c := range map[string]struct{ got, want error }{
				"username":     {create(func(u *models.NewUser) { u.Username = bad }), models.ErrText},
				"owner":        {create(func(u *models.NewUser) { u.Owner = bad }), models.ErrText},
				"account name": {create(func(u *models.NewUser) { u.AccountName = bad }), models.ErrText},
				"device name":  {create(func(u *models.NewUser) { u.Device.Name = bad }), models.ErrText},
				"currency":     {create(func(u *models.NewUser) { u.Currency = money.Currency(bad) }), models.ErrCurrency},
				"role":         {create(func(u *models.NewUser) { u.Role = models.Role(bad) }), models.ErrRole},
				"enrolled":     {second(s.AddDevice(t.Context(), ana, newDevice(t, bad))), models.ErrText},
				"found":        {second(s.FindHolders(t.Context(), teller, bad, all)), models.ErrText},
				"user":         {second(s.UserByUsername(t.Context(), bad)), models.ErrUserNotFound},
				"payee":        {second(s.PayeeByUsername(t.Context(), bad)), models.ErrPayeeNotFound},
				"renamed":      {third(s.RenameDevice(t.Context(), ana.ID, phone.ID, phone.PublicID, bad)), models.ErrText},
				"promoted":     {third(s.SetRole(t.Context(), bad, models.RoleAdmin)), models.ErrUserNotFound},
				"reset":        {third(s.ResetPassword(t.Context(), bad, hash)), models.ErrUserNotFound},
				"closed":       {third(s.CloseUser(t.Context(), bad)), models.ErrUserNotFound},
			} {
				if !errors.Is(c.got, c.want) {
					t.Errorf("%s %+q: %v", name, bad, c.got)
				}
			}
			err := s.Write(t.Context(), func(tx *gorm.DB) error { return tx.Model(ana).Update("owner", bad).Error })
			if e == postgres && err == nil {
				t.Errorf("PostgreSQL takes %+q", bad)
			}
		}
	})
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }
