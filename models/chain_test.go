package models_test

import (
	"encoding/hex"
	"testing"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
	"caudal/protocol"
)

// What clients compute by the vocabulary's own function is what the bank starts an account with.
func TestTheFirstHeadIsTheProtocols(t *testing.T) {
	seen := map[[32]byte]bool{}
	for _, identity := range [][32]byte{{}, {1}, {31: 255}} {
		for _, account := range []clabe.Number{1, 32180000118359719, 999999999999999999} {
			for _, currency := range money.Currencies() {
				head := models.FirstHead(identity, account, currency)
				if head != protocol.FirstHead(identity, uint64(account), string(currency)) {
					t.Fatal(identity, account, currency)
				}
				if seen[head] {
					t.Fatal("two accounts start alike")
				}
				seen[head] = true
			}
		}
	}
}

// printf 'caudal chain v1\0' | cat - <(head -c 32 /dev/zero) <(printf '%016x' 32180000118359719 | xxd -r -p) <(printf MXN) | sha256sum
func TestTheFirstHeadIsTheSHA256OfItsLayout(t *testing.T) {
	head := models.FirstHead([32]byte{}, 32180000118359719, money.MXN)
	if got := hex.EncodeToString(head[:]); got != "d4186ec8460452237e22d9ad5d2b30b3e93498878c766f05861692915e9cbadd" {
		t.Fatal(got)
	}
}
