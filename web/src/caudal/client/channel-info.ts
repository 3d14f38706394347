import type { Greeted } from "./dial.ts";
import type { ChannelInfo } from "./events.ts";

/** The channel of a connection as it stands now. */
export function channelInfo({ connection, firstContact }: Greeted, rttMs: number | undefined): ChannelInfo {
  const { channel, connectedAtMs } = connection;
  return {
    suite: channel.suite.protocolName,
    bankName: channel.bankName,
    identity: channel.identity,
    fingerprint: channel.fingerprint,
    channelHash: channel.channelHash,
    notAfterMs: channel.notAfterMs,
    firstContact,
    pinMoved: channel.pinMoved,
    mlkem: channel.mlkem === "webcrypto" ? "webcrypto" : "library",
    sealed: channel.sealed,
    opened: channel.opened,
    rekeys: channel.rekeys,
    lastRekeyMs: channel.lastRekeyMs,
    connectedAtMs,
    rttMs,
  };
}
