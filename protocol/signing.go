package protocol

import "encoding/binary"

// The labels of what a device signs. A signature made for one purpose never fits another.
const (
	enrolLabel  = "caudal device enrol v1"
	resumeLabel = "caudal device resume v1"
)

// EnrolMessage returns the bytes that a new device signs to register or log in:
//
//	label || 0 || identity (32) || channel hash (32) || field(username) || field(algorithm, 1 byte) || field(public key)
//
// where field(x) is the length of x in 4 bytes, big endian, and x. The identity keeps a signature from being carried to
// another bank, the channel hash from another connection, the username from another user.
func EnrolMessage(identity, channelHash [32]byte, username string, algorithm DeviceAlgorithm, publicKey []byte) []byte {
	return signed(enrolLabel, identity, channelHash, []byte(username), []byte{byte(algorithm)}, publicKey)
}

// ResumeMessage returns the bytes that an enrolled device signs to sign in again:
//
//	label || 0 || identity (32) || channel hash (32) || field(device id)
func ResumeMessage(identity, channelHash [32]byte, deviceID []byte) []byte {
	return signed(resumeLabel, identity, channelHash, deviceID)
}

func signed(label string, identity, channelHash [32]byte, fields ...[]byte) []byte {
	message := append([]byte(label), 0)
	message = append(message, identity[:]...)
	message = append(message, channelHash[:]...)
	for _, field := range fields {
		message = binary.BigEndian.AppendUint32(message, uint32(len(field)))
		message = append(message, field...)
	}
	return message
}
