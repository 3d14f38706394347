package models_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// counter is a member of staff at work, without an account.
func counter(t *testing.T, s *models.Store, username string, role models.Role) models.Staff {
	t.Helper()
	device := newDevice(t, "counter")
	user, enrolled, _, err := s.CreateUser(t.Context(), models.NewUser{
		Username: username, Owner: "Counter", PasswordHash: hash, Role: role, Device: &device,
	})
	if err != nil {
		t.Fatal(err)
	}
	return models.Staff{User: user.ID, Device: enrolled.ID}
}

func all(*models.Holder) bool { return true }

func usernames(found *models.FoundHolders) (names []string) {
	if found == nil {
		return nil
	}
	for _, holder := range found.Holders {
		names = append(names, holder.Username)
	}
	return names
}

func TestHoldersAreFoundByTheBeginningOfAnyWord(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		teller := counter(t, s, "caja", models.RoleTeller)
		numbers := map[string]clabe.Number{}
		for _, who := range [][2]string{
			{"ana", "Ana García López"}, {"anabel_2", "Núñez Muñoz"}, {"luis", "Luís O’Brien-Ångström"}, {"zoe", "Σωκράτης Straße"},
			{"percent", "A% _wild"}, {"hangul", "김철수"}, {"hindi", "हिन्दी नाम"}, {"gone", "Ana Ida"}, {"stored", "Ǆurđa Łęcka"},
			{"okina", "Kaʻula"},
		} {
			_, _, account := createUser(t, s, who[0], who[1])
			numbers[who[0]] = account.ID
		}
		if _, _, err := s.CloseUser(t.Context(), "gone"); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string][]string{
			"ana":                                {"ana", "anabel_2"},
			"ANA":                                {"ana", "anabel_2"},
			"anab":                               {"anabel_2"},
			"anabel_":                            {"anabel_2"},
			"gar":                                {"ana"},
			"García":                             {"ana"},
			"garcia":                             {"ana"},
			"GARCI\u0301A":                       {"ana"},
			"lópez ana":                          {"ana"}, // in any order, each somewhere
			"lo ana ga":                          {"ana"},
			"ana núñez":                          {"anabel_2"},
			"anabel nunez":                       {"anabel_2"},
			"munoz":                              {"anabel_2"},
			"arcia":                              nil, // not in the middle
			"o'brien":                            {"luis"},
			"angstrom":                           {"luis"},
			"luís":                               {"luis"},
			"σωκρατησ":                           {"zoe"},
			"ΣΩΚΡΆΤΗΣ":                           {"zoe"},
			"strasse":                            {"zoe"},
			"김철":                                 {"hangul"},
			"हिन्दी":                             {"hindi"},
			"dzurda lecka":                       {"stored"},
			"nobody":                             nil,
			"caja":                               nil, // has no account
			numbers["luis"].String():             {"luis"},
			numbers["luis"].Format():             {"luis"},
			numbers["gone"].String():             nil,
			"002010077777777771":                 nil, // of another bank
			"  ana   ":                           {"ana", "anabel_2"},
			"ana\u00a0garcía":                    {"ana"},
			"中 an":                               nil, // a letter of three bytes is no word of two letters, and the other is one
			"𐐷 an":                               nil,
			"ka\u02bbula":                        {"okina"},
			"ka'ula":                             {"okina"},
			"ｇａｒｃíａ":                             {"ana"},
			strings.Repeat("a", 80):              nil,
			"ana " + numbers["ana"].String()[:6]: nil,
		} {
			found, err := s.FindHolders(t.Context(), teller, query, all)
			if err != nil || !slices.Equal(usernames(found), want) || found.More {
				t.Errorf("%q: found %v, want %v; %v", query, usernames(found), want, err)
			}
		}
		number := models.SystemAccount(models.ClassCash, money.MXN, 0)
		if found, err := s.FindHolders(t.Context(), teller, number.String(), all); err != nil || len(found.Holders) != 0 {
			t.Error("the bank's own account:", found, err)
		}
	})
}

func TestNothingInALookUpIsAPattern(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		teller := counter(t, s, "caja", models.RoleTeller)
		createUser(t, s, "ana", "Ana García")
		createUser(t, s, "abc", "X_ray")
		for query, want := range map[string][]string{
			"__": nil, "a_": nil, "a_b": nil, "x_": {"abc"}, "_a": nil, "an%": {"ana"}, "%n": nil, "a*": nil, "an*": {"ana"},
		} {
			found, err := s.FindHolders(t.Context(), teller, query, all)
			if errors.Is(err, models.ErrText) && want == nil { // nothing of two letters is left
				continue
			}
			if err != nil || !slices.Equal(usernames(found), want) {
				t.Errorf("%q: %v, %v", query, found, err)
			}
		}
		for _, query := range []string{
			"", "a", " a ", "a b", "%%", "--", "🙂🙂", strings.Repeat("a", 81), "ana\x00", "ana\n", "a\u202eb", "\xff\xfe",
		} {
			if found, err := s.FindHolders(t.Context(), teller, query, all); !errors.Is(err, models.ErrText) {
				t.Errorf("%q: %v, %v", query, found, err)
			}
		}
		if _, err := s.FindHolders(t.Context(), teller, "999001000000000010", all); !errors.Is(err, clabe.ErrMalformed) {
			t.Error("a wrong check digit:", err)
		}
	})
}

func TestALookUpShowsAllAccountsAsTheyStand(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		teller := counter(t, s, "caja", models.RoleTeller)
		ana, _, first := createUser(t, s, "ana", "Ana García")
		createUser(t, s, "luis", "Luis García")
		var second *models.AccountState
		if err := s.Write(t.Context(), func(tx *gorm.DB) (err error) {
			second, err = s.OpenAccount(tx, ana.ID, "Ahorro", money.USD)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		found, err := s.FindHolders(t.Context(), teller, second.ID.String(), all)
		if err != nil || len(found.Holders) != 1 {
			t.Fatal(found, err)
		}
		holder := found.Holders[0]
		if holder.Owner != "Ana García" || len(holder.Accounts) != 2 || holder.Accounts[0].ID != first.ID ||
			holder.Accounts[1].ID != second.ID || holder.Accounts[1].Currency != money.USD {
			t.Fatalf("%+v", holder)
		}
	})
}

func TestALookUpIsBounded(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		teller := counter(t, s, "caja", models.RoleTeller)
		for i := range models.MaxFound + 1 {
			createUser(t, s, fmt.Sprintf("maria_%02d", i), fmt.Sprintf("María Mariana %c", 'A'+i)) // found by three words each
		}
		found, err := s.FindHolders(t.Context(), teller, "maria", all)
		if err != nil || len(found.Holders) != models.MaxFound || !found.More {
			t.Fatal(len(found.Holders), found.More, err)
		}
		found, err = s.FindHolders(t.Context(), teller, "maria maria_20", all)
		if err != nil || len(found.Holders) != 1 || found.More {
			t.Fatal(usernames(found), found.More, err)
		}
		asked := 0
		found, err = s.FindHolders(t.Context(), teller, "mariana", func(*models.Holder) bool { asked++; return asked < 4 })
		if err != nil || len(found.Holders) != 3 || !found.More || asked != 4 {
			t.Fatal(usernames(found), found.More, asked, err)
		}
	})
}

func TestNobodyFindsThemselves(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		createUser(t, s, "ana", "Ana García")
		_, _, account := createUser(t, s, "caja", "Ana Caja")
		if _, _, err := s.SetRole(t.Context(), "caja", models.RoleTeller); err != nil {
			t.Fatal(err)
		}
		user, err := s.UserByUsername(t.Context(), "caja")
		if err != nil {
			t.Fatal(err)
		}
		device, err := s.AddDevice(t.Context(), user, newDevice(t, "counter"))
		if err != nil {
			t.Fatal(err)
		}
		teller := models.Staff{User: user.ID, Device: device.ID}
		for query, want := range map[string][]string{"ana": {"ana"}, "caja": nil, account.ID.String(): nil} {
			if found, err := s.FindHolders(t.Context(), teller, query, all); err != nil || !slices.Equal(usernames(found), want) {
				t.Errorf("%q: %v, %v", query, found, err)
			}
		}
	})
}

func TestOnlyStaffLooksAndEachLookUpIsOnRecord(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		teller, other := counter(t, s, "caja", models.RoleTeller), counter(t, s, "admin", models.RoleAdmin)
		ana, phone, _ := createUser(t, s, "ana", "Ana García")
		generation := s.Generation()
		if _, err := s.FindHolders(t.Context(), teller, " Garcí ", all); err != nil {
			t.Fatal(err)
		}
		log, err := s.AuditLog(t.Context(), 0, 1)
		if err != nil || log[0].Action != "holder.find" || log[0].Actor != teller.User || log[0].At == 0 ||
			log[0].Detail != `{"found":1,"more":false,"query":"Garcí"}` {
			t.Fatal(log, err)
		}
		if s.Generation() != generation {
			t.Error("a look-up changed who may do what")
		}
		if _, err := s.FindHolders(t.Context(), models.Staff{User: ana.ID, Device: phone.ID}, "ana", all); !errors.Is(err, models.ErrNotStaff) {
			t.Error("a holder:", err)
		}
		if _, err := s.FindHolders(t.Context(), models.Staff{User: teller.User, Device: other.Device}, "ana", all); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Error("another's device:", err)
		}
		if _, _, err := s.SetRole(t.Context(), "admin", models.RoleTeller); err != nil {
			t.Fatal(err)
		}
		if _, err := s.FindHolders(t.Context(), other, "ana", all); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Error("a revoked device:", err)
		}
		if _, _, err := s.CloseUser(t.Context(), "caja"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.FindHolders(t.Context(), teller, "ana", all); !errors.Is(err, models.ErrUserClosed) {
			t.Error("a closed user:", err)
		}
		again, err := s.AuditLog(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(slices.DeleteFunc(again, func(e models.AuditEntry) bool { return e.Action != "holder.find" })); n != 1 {
			t.Errorf("%d look-ups are on record", n)
		}
	})
}

func TestWordsAreFolded(t *testing.T) {
	for _, c := range []struct {
		username, owner string
		want            []string
	}{
		{"ana", "Ana Ana", []string{"ana"}},
		{"a_b", "D’Ors i Rovira", []string{"a_b", "d", "i", "ors", "rovira"}},
		{"x", "ﬁn Ⅷ ½", []string{"1", "2", "fin", "viii", "x"}},
		{"x", "İstanbul ISTANBUL ıstanbul", []string{"istanbul", "x"}},
		{"x", "می\u200cخواهم", []string{"x", "میخواهم"}},
		{"x", strings.Repeat("ﷺ", 80), []string{"x", "الله", "صلى", "عليه", "وسلم", "وسلمصلى"}},
	} {
		if got := models.HolderWords(c.username, c.owner); !slices.Equal(got, c.want) {
			t.Errorf("%s, %s: %q, want %q", c.username, c.owner, got, c.want)
		}
	}
}

// Forty words are the most that a name of eighty characters has: nobody hides a name behind them.
func TestAHolderIsFoundByTheLastOfManyWords(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		teller := counter(t, s, "caja", models.RoleTeller)
		owner := ""
		for i := range 34 {
			owner += string(rune('a'+i%26)) + string(rune('0'+i/26)) + " "
			if len(owner) > 65 {
				break
			}
		}
		createUser(t, s, "many", owner+"Robles")
		if found, err := s.FindHolders(t.Context(), teller, "robles", all); err != nil || len(found.Holders) != 1 {
			t.Fatal(usernames(found), err)
		}
	})
}

func FuzzHolderWords(f *testing.F) {
	for _, name := range []string{"Ana García", "Straße", "김철수", "ﷺﷺ", "a\u0301\u0301", "\xff", "_ _", strings.Repeat("ß", 80)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		words := models.HolderWords("ana", name)
		for _, word := range words {
			if n := utf8.RuneCountInString(word); n < 1 || n > 80 || !utf8.ValidString(word) && utf8.ValidString(name) {
				t.Fatalf("%q of %q", word, name)
			}
		}
		if len(words) == 0 || len(words) > 41 || !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
			t.Fatalf("%q of %q", words, name)
		}
	})
}

// A bank of a million holders is searched by its indexes, in the order in which they lie: the first holders found end it.
func TestALookUpWalksAnIndex(t *testing.T) {
	s := open(t, models.Config{})
	for _, words := range [][]string{{"ana"}, {"ana", "gar"}} {
		statement, args := models.MatchStatement(words...)
		var plan []struct{ Detail string }
		if err := s.Read().Raw("EXPLAIN QUERY PLAN "+statement, args...).Scan(&plan).Error; err != nil || len(plan) < 3 {
			t.Fatal(plan, err)
		}
		for _, step := range plan {
			if strings.HasPrefix(step.Detail, "SCAN") || strings.Contains(step.Detail, "TEMP B-TREE") {
				t.Errorf("%v: %s", words, step.Detail)
			}
		}
		if !strings.Contains(plan[0].Detail, "PRIMARY KEY (word>? AND word<?)") {
			t.Errorf("%v begins with %s", words, plan[0].Detail)
		}
	}
	statement := "SELECT * FROM audit WHERE actor = 1 AND id < 9 ORDER BY id DESC LIMIT 51"
	var plan []struct{ Detail string }
	if err := s.Read().Raw("EXPLAIN QUERY PLAN " + statement).Scan(&plan).Error; err != nil || len(plan) != 1 ||
		!strings.Contains(plan[0].Detail, "audit_actor (actor=? AND rowid<?)") && !strings.Contains(plan[0].Detail, "audit_actor (actor=? AND id<?)") {
		t.Error(plan, err)
	}
}
