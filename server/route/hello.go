package route

import (
	"unicode/utf8"

	"caudal/protocol"
)

// hello greets. Another version of the vocabulary than ours ends the connection: nothing that follows would be understood.
func hello(c call, request *protocol.Command) {
	r := request.GetHello()
	switch {
	case c.session.greeted:
		c.fail(invalid("hello is said once"))
		return
	case len(r.GetClient()) > protocol.ClientNameBytes || !utf8.ValidString(r.GetClient()):
		c.fail(invalid("the client's name is too long"))
		return
	case r.GetVersion() != protocol.Version:
		c.fail(invalid("this server speaks version 1 of the vocabulary"))
		c.session.conn.Close(protocol.CloseVersion)
		return
	}
	c.session.greeted = true
	c.reply(&protocol.Reply{Result: &protocol.Reply_Hello{Hello: &protocol.HelloResult{
		Server:              c.config.Server,
		Version:             protocol.Version,
		TimeUs:              c.now().UnixMicro(),
		IdleTimeoutMs:       uint32(c.config.IdleTimeout.Milliseconds()),
		HeartbeatMs:         uint32(c.config.Heartbeat.Milliseconds()),
		CommandsInFlightMax: uint32(c.config.CommandsInFlight),
		Demo:                c.config.Store.Bank().Demo,
	}}})
}

// ping tells the time.
func ping(c call, _ *protocol.Command) {
	c.reply(&protocol.Reply{Result: &protocol.Reply_Ping{Ping: &protocol.PingResult{TimeUs: c.now().UnixMicro()}}})
}

// unknown is a command of a newer vocabulary, or none at all.
func unknown(c call, _ *protocol.Command) {
	c.fail(refused{code: protocol.Code_CODE_UNIMPLEMENTED})
}
