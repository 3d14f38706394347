package protocol

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// The example of PROTOCOL.md, section 8, computed by another program from the layouts there.
func TestTheChainMeetsThePublishedExample(t *testing.T) {
	const (
		wantFirst = "d6b48c700f8694f260b7a0ba91b421d534b634413cd79ef6383bec0192026c15"
		wantMemo  = "7ce7e09f427aa7b20094f386d317cf9b76f73a551467b98734f21b57a59b7335"
		wantNext  = "a3905ee9bac395c75e73177b969ccf41ded70e54b067324cb200f64b5710538b"
	)
	identity, salt := [32]byte(bytes.Repeat([]byte{1}, 32)), [16]byte(bytes.Repeat([]byte{2}, 16))
	const account = 32180000118359719 // CLABE 032180000118359719
	first := FirstHead(identity, account, "MXN")
	memo := MemoHash(salt, "café")
	next := NextHead(first, &ChainLeg{
		Kind: TransferKind_TRANSFER_KIND_TRANSFER, Account: account, Counterparty: 2010077777777771, Seq: 1,
		AmountMinor: -12345, BalanceMinor: 987655, AtUs: 1767225600000000, Currency: "MXN", MemoHash: memo,
	})
	text, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		got        [32]byte
	}{{"first head", wantFirst, first}, {"memo hash", wantMemo, memo}, {"next head", wantNext, next}} {
		if got := hex.EncodeToString(c.got[:]); got != c.want {
			t.Errorf("%s is %s, want %s", c.name, got, c.want)
		}
		if !strings.Contains(string(text), c.want) {
			t.Errorf("PROTOCOL.md lacks the %s", c.name)
		}
	}
}
