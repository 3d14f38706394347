package conn

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"caudal/protocol"
)

// errBadFrame: what a record had inside is no ClientFrame within the bounds of the vocabulary.
var errBadFrame = errors.New("conn: malformed frame")

// positionsMax bounds SubscribeRequest.positions: a holder has a few accounts, and an empty position of two bytes would
// become forty times as much in memory.
const positionsMax = 256

// Fields whose elements are counted before they are decoded. A test finds every repeated field below ClientFrame.
const (
	frameCommands      protowire.Number = 1
	commandSubscribe   protowire.Number = 21
	subscribePositions protowire.Number = 1
)

// decodeFrame reads a ClientFrame. All is checked before the first command is handed out, so that a bad frame does nothing.
// The commands share nothing with body.
func decodeFrame(body []byte) ([]*protocol.Command, error) {
	count, err := countField(body, frameCommands)
	if err != nil || count > protocol.CommandsPerFrame {
		return nil, errBadFrame
	}
	commands := make([]*protocol.Command, 0, count)
	err = eachField(body, frameCommands, func(value []byte) error {
		command, err := decodeCommand(value)
		commands = append(commands, command)
		return err
	})
	return commands, err
}

func decodeCommand(value []byte) (*protocol.Command, error) {
	if transfer := decodeTransfer(value); transfer != nil {
		return transfer, nil
	}
	positions := 0
	err := eachField(value, commandSubscribe, func(subscribe []byte) error {
		n, err := countField(subscribe, subscribePositions)
		positions += n // a message given in pieces is put together
		return err
	})
	if err != nil || positions > positionsMax {
		return nil, errBadFrame
	}
	command := new(protocol.Command)
	if (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(value, command) != nil || command.GetId() == 0 {
		return nil, errBadFrame
	}
	return command, nil
}

func countField(message []byte, field protowire.Number) (int, error) {
	n := 0
	err := eachField(message, field, func([]byte) error { n++; return nil })
	return n, err
}

// eachField calls f with each value of a length-delimited field, and skips the others.
func eachField(message []byte, field protowire.Number, f func(value []byte) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 || number > protowire.MaxValidNumber { // ConsumeTag alone takes the larger numbers of an old format
			return errBadFrame
		}
		message = message[n:]
		if number != field || kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
				return errBadFrame
			}
			message = message[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(message)
		if n < 0 {
			return errBadFrame
		}
		message = message[n:]
		if err := f(value); err != nil {
			return err
		}
	}
	return nil
}
