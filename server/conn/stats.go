package conn

import (
	"sync/atomic"

	"caudal/protocol"
)

// Stats is what the server has done, for the operator. All but Open and Handshaking only grow.
type Stats struct {
	Open        int // connections, handshakes in progress included
	Handshaking int

	Opened           uint64                        // channels that stood
	HandshakesFailed uint64                        // sockets whose channel never did
	Closed           map[protocol.CloseCode]uint64 // by code; 0 is those that were cut
	Refused          map[string]uint64             // requests, by reason

	MessagesIn, BytesIn  uint64
	Commands             uint64
	RecordsOut, BytesOut uint64
	Coalesced            uint64 // events left out for slow readers
	Panics               uint64
}

// counts are the numbers behind Stats.
type counts struct {
	opened, handshakesFailed      atomic.Uint64
	messagesIn, bytesIn, commands atomic.Uint64
	recordsOut, bytesOut          atomic.Uint64
	coalesced, panics             atomic.Uint64
	refused                       [refusals]atomic.Uint64
	closedBy                      [closeCodes]atomic.Uint64
}

// closeCodes is more than there are of close codes in either range; closeIndex maps them into it.
const closeCodes = 64

func (n *counts) closed(code protocol.CloseCode) { n.closedBy[closeIndex(code)].Add(1) }

// closeIndex: 0 cut, 1 bye, from 2 on the codes that mean connect again, from 32 on those that do not.
func closeIndex(code protocol.CloseCode) int {
	switch {
	case code >= 4500 && code < 4500+32:
		return 32 + int(code-4500)
	case code >= 4000 && code < 4000+30:
		return 2 + int(code-4000)
	case code == protocol.CloseBye:
		return 1
	}
	return 0
}

func closeCode(index int) protocol.CloseCode {
	switch {
	case index >= 32:
		return 4500 + protocol.CloseCode(index-32)
	case index >= 2:
		return 4000 + protocol.CloseCode(index-2)
	case index == 1:
		return protocol.CloseBye
	}
	return 0
}

// Stats may be called at any time.
func (s *Server) Stats() Stats {
	n := &s.counts
	open, handshaking := s.gate.counts()
	stats := Stats{
		Open: open, Handshaking: handshaking,
		Opened: n.opened.Load(), HandshakesFailed: n.handshakesFailed.Load(),
		Closed: map[protocol.CloseCode]uint64{}, Refused: map[string]uint64{},
		MessagesIn: n.messagesIn.Load(), BytesIn: n.bytesIn.Load(), Commands: n.commands.Load(),
		RecordsOut: n.recordsOut.Load(), BytesOut: n.bytesOut.Load(),
		Coalesced: n.coalesced.Load(), Panics: n.panics.Load(),
	}
	for i := range n.closedBy {
		if count := n.closedBy[i].Load(); count > 0 {
			stats.Closed[closeCode(i)] = count
		}
	}
	for why := admitted + 1; why < refusals; why++ {
		stats.Refused[refusalAnswers[why].name] = n.refused[why].Load()
	}
	return stats
}
