/**
 * Caudal's encrypted channel (PROTOCOL.md, sections 1 to 4): bytes in, bytes out; it knows no socket.
 *
 * ```ts
 * const handshake = await startHandshake({ offered: [hybrid.subprotocol], chosen: socket.protocol });
 * socket.send(handshake.message1);
 * const channel = await handshake.finish(message2, { nowMs: Date.now(), pin });
 * socket.send(await channel.seal(frame));
 * const opened = await channel.open(message);
 * ```
 */
export { type Bytes, equal, fromHex, toHex } from "./bytes.ts";
export type { Bank } from "./certificate-check.ts";
export { Channel } from "./channel.ts";
export { ChannelError, type ChannelErrorCode, IdentityChangedError } from "./errors.ts";
export { fingerprint, parseFingerprint } from "./fingerprint.ts";
export { type ClientHandshake, type FinishOptions, type HandshakeOptions, startHandshake } from "./handshake.ts";
export type { MLKEMProvider } from "./mlkem.ts";
export { maxBody, maxMessage, type Opened } from "./record.ts";
export { classic, hybrid, type Suite } from "./suite.ts";
