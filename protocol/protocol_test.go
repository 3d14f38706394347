package protocol

import (
	"encoding/hex"
	"testing"
)

func TestEveryCodeHasAMessageAndAName(t *testing.T) {
	for number, name := range Code_name {
		code := Code(number)
		if code == Code_CODE_UNSPECIFIED {
			continue
		}
		info, ok := codeInfo[code]
		if !ok || info.message == "" {
			t.Errorf("%s has no entry in codeInfo", name)
		}
		if got := code.Name(); got == "" || got == name {
			t.Errorf("%s has the name %q", name, got)
		}
	}
	if len(codeInfo) != len(Code_name)-1 {
		t.Errorf("codeInfo has %d entries for %d codes", len(codeInfo), len(Code_name)-1)
	}
}

func TestOnlyWhatIsNotDecidedIsRetryable(t *testing.T) {
	want := map[Code]bool{Code_CODE_BUSY: true, Code_CODE_OUTCOME_UNKNOWN: true, Code_CODE_RATE_LIMITED: true, Code_CODE_DRAINING: true}
	for number := range Code_name {
		if code := Code(number); NewError(code).Retryable != want[code] {
			t.Errorf("%s: retryable is %t", code, !want[code])
		}
	}
}

func TestCloseCodesFollowTheirRange(t *testing.T) {
	for code, reconnect := range map[CloseCode]bool{
		CloseBye: false, CloseDraining: true, CloseHandshakeTimeout: true, 4499: true, CloseHandshakeFailed: false,
		CloseDeviceRevoked: false, 4999: false,
	} {
		if code.Reconnect() != reconnect {
			t.Errorf("%d: Reconnect is %t", code, !reconnect)
		}
	}
	if CloseCode(4321).String() != "unknown" {
		t.Error("an unknown code has a name")
	}
}

func TestWhatADeviceSignsHasThePublishedBytes(t *testing.T) {
	identity, hash := [32]byte{1}, [32]byte{2}
	head := hex.EncodeToString(append(append([]byte{}, identity[:]...), hash[:]...))
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"enrol", EnrolMessage(identity, hash, "ana", DeviceAlgorithm_DEVICE_ALGORITHM_ED25519, []byte{9, 8}),
			hex.EncodeToString([]byte("caudal device enrol v1\x00")) + head + "00000003616e61" + "0000000101" + "000000020908"},
		{"resume", ResumeMessage(identity, hash, []byte{7}),
			hex.EncodeToString([]byte("caudal device resume v1\x00")) + head + "0000000107"},
	} {
		if hex.EncodeToString(c.got) != c.want {
			t.Errorf("%s:\n got %x\nwant %s", c.name, c.got, c.want)
		}
	}
}

func TestChainBindsEveryField(t *testing.T) {
	base := ChainLeg{Kind: 1, Account: 2, Counterparty: 3, Seq: 4, AmountMinor: -5, BalanceMinor: 6, AtUs: 7, Currency: "MXN", MemoHash: [32]byte{8}}
	seen := map[[32]byte]string{NextHead([32]byte{}, &base): "base"}
	for name, change := range map[string]func(*ChainLeg){
		"kind": func(l *ChainLeg) { l.Kind++ }, "account": func(l *ChainLeg) { l.Account++ },
		"counterparty": func(l *ChainLeg) { l.Counterparty++ }, "seq": func(l *ChainLeg) { l.Seq++ },
		"amount": func(l *ChainLeg) { l.AmountMinor++ }, "balance": func(l *ChainLeg) { l.BalanceMinor++ },
		"at": func(l *ChainLeg) { l.AtUs++ }, "currency": func(l *ChainLeg) { l.Currency = "USD" },
		"memo": func(l *ChainLeg) { l.MemoHash[31]++ },
	} {
		leg := base
		change(&leg)
		head := NextHead([32]byte{}, &leg)
		if other, ok := seen[head]; ok {
			t.Errorf("%s and %s have one head", name, other)
		}
		seen[head] = name
	}
	if _, ok := seen[NextHead([32]byte{1}, &base)]; ok {
		t.Error("the head before is not bound")
	}
	if FirstHead([32]byte{}, 1, "MXN") == FirstHead([32]byte{}, 2, "MXN") || FirstHead([32]byte{}, 1, "MXN") == FirstHead([32]byte{1}, 1, "MXN") {
		t.Error("the first head does not bind account or bank")
	}
	if MemoHash([16]byte{}, "a") == MemoHash([16]byte{1}, "a") {
		t.Error("the salt is not bound")
	}
}
