package noise

// token is one step of a message pattern. Noise, section 7; e1 and ekem1: Noise HFS draft, section 5.
type token uint8

const (
	tokenE     token = iota + 1 // sender's ephemeral X25519 key
	tokenS                      // sender's static X25519 key
	tokenEE                     // DH of both ephemeral keys
	tokenES                     // DH of the initiator's ephemeral and the responder's static key
	tokenSE                     // DH of the initiator's static and the responder's ephemeral key
	tokenE1                     // sender's ephemeral ML-KEM-768 encapsulation key
	tokenEKEM1                  // ML-KEM-768 ciphertext to the peer's e1, then its shared secret
)

// Pattern is a handshake pattern: which tokens each message has. The initiator writes the even messages, counted
// from zero.
type Pattern struct {
	name string // as in the protocol name, the DH part included: "NXhfs_25519+MLKEM768"
	// responderKnown: the pre-message "<- s", that is, the initiator knows the responder's static key beforehand.
	responderKnown bool
	messages       [][]token
}

// The patterns that Caudal speaks. In both the server proves its static key and the client stays anonymous.
var (
	NX = &Pattern{
		name: "NX_25519",
		messages: [][]token{
			{tokenE},
			{tokenE, tokenEE, tokenS, tokenES},
		},
	}
	NXhfs = &Pattern{
		name: "NXhfs_25519+MLKEM768",
		messages: [][]token{
			{tokenE, tokenE1},
			{tokenE, tokenEE, tokenEKEM1, tokenS, tokenES},
		},
	}
)

// ProtocolName is the full Noise protocol name with this AEAD, as the handshake hash starts from it.
func (p *Pattern) ProtocolName(aead *AEAD) string {
	return "Noise_" + p.name + "_" + aead.Name + "_SHA256"
}

// needsStatic says whether this role needs a static key of its own: to send it, or as a known responder.
func (p *Pattern) needsStatic(initiator bool) bool {
	if !initiator && p.responderKnown {
		return true
	}
	for i, message := range p.messages {
		if (i%2 == 0) != initiator {
			continue
		}
		for _, t := range message {
			if t == tokenS {
				return true
			}
		}
	}
	return false
}
