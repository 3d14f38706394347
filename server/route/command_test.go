package route

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"caudal/protocol"
)

func TestTheTableHasEveryCommandOfTheVocabulary(t *testing.T) {
	requests := (&protocol.Command{}).ProtoReflect().Descriptor().Oneofs().ByName("request").Fields()
	seen := map[kind]bool{kindUnknown: true}
	for i := range requests.Len() {
		field := requests.Get(i)
		command := new(protocol.Command)
		command.ProtoReflect().Set(field, protoreflect.ValueOfMessage(command.ProtoReflect().NewField(field).Message()))
		k := kindOf(command)
		if k == kindUnknown || seen[k] {
			t.Errorf("%s is of kind %d", field.Name(), k)
		}
		seen[k] = true
		if got := commands[k]; got.name != string(field.Name()) || got.run == nil {
			t.Errorf("%s is in the table as %q", field.Name(), got.name)
		}
	}
	if len(seen) != int(kinds) {
		t.Errorf("the table has %d rows, the vocabulary %d commands", kinds, len(seen)-1)
	}
	if kindOf(new(protocol.Command)) != kindUnknown {
		t.Error("a command without a request is known")
	}
}

func TestOnlyGreetingsNeedNothing(t *testing.T) {
	free := map[string]bool{"hello": true, "ping": true, "unknown": true}
	enter := map[string]bool{"register": true, "login": true, "resume": true}
	staff := map[string]bool{"deposit": true, "withdraw": true, "find_holders": true, "list_audit": true, "teller_limits": true}
	for _, c := range commands {
		want := needsSignIn
		switch {
		case free[c.name]:
			want = needsNothing
		case enter[c.name]:
			want = needsHello
		case staff[c.name]:
			want = needsTeller
		}
		if c.needs != want {
			t.Errorf("%s needs %d, want %d", c.name, c.needs, want)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	const (
		yes     = protocol.Code_CODE_UNSPECIFIED
		greet   = protocol.Code_CODE_HELLO_REQUIRED
		signIn  = protocol.Code_CODE_UNAUTHENTICATED
		already = protocol.Code_CODE_ALREADY_AUTHENTICATED
		denied  = protocol.Code_CODE_PERMISSION_DENIED
	)
	stranger, greeted, busy, holder, teller := new(session), new(session), new(session), new(session), new(session)
	for _, s := range []*session{greeted, busy, holder, teller} {
		s.greeted = true
	}
	for _, s := range []*session{busy, holder, teller} {
		s.signingIn.Store(true)
	}
	holder.who.Store(&person{user: 1})
	teller.who.Store(&person{user: 2, teller: true})
	for _, row := range []struct {
		name  string
		who   *session
		codes [4]protocol.Code // by need
	}{
		{"a stranger", stranger, [4]protocol.Code{yes, greet, greet, greet}},
		{"one who said hello", greeted, [4]protocol.Code{yes, yes, signIn, signIn}},
		{"one who is signing in", busy, [4]protocol.Code{yes, already, signIn, signIn}},
		{"a holder", holder, [4]protocol.Code{yes, already, yes, denied}},
		{"a teller", teller, [4]protocol.Code{yes, already, yes, yes}},
	} {
		for _, n := range []need{needsTeller, needsSignIn, needsHello, needsNothing} { // needsHello takes the one sign-in
			got := yes
			if err := row.who.allow(n); err != nil {
				got = fault(quiet, err).Code
			}
			if got != row.codes[n] {
				t.Errorf("%s, need %d: got %s, want %s", row.name, n, got, row.codes[n])
			}
		}
	}
}
