import { BankError, ChannelError, LinkError, ProtocolError, StoreError } from '../caudal/index.ts';
import type { ChannelErrorCode } from '../caudal/channel/errors.ts';
import { Code } from '../caudal/gen/caudal/v1/caudal_pb.ts';
import { faults, refusals } from './errors-text.ts';
import { duration } from './format.ts';

type FaultName = { [K in keyof typeof faults]: (typeof faults)[K] extends string ? K : never }[keyof typeof faults];

const channelFaults: Readonly<Record<ChannelErrorCode, FaultName>> = {
  config: 'unexpected',
  unsupported: 'unsupported',
  unavailable: 'unavailable',
  handshake_malformed: 'handshake',
  handshake_authentication: 'handshake',
  handshake_used: 'unexpected',
  low_order: 'handshake',
  engine: 'engine',
  certificate_malformed: 'certificate',
  certificate_version: 'certificate',
  certificate_critical: 'certificate',
  certificate_static: 'certificate',
  certificate_signature: 'certificate',
  certificate_predecessor: 'certificate',
  certificate_expired: 'certificateTime',
  certificate_not_yet_valid: 'certificateTime',
  identity_changed: 'identityChanged',
  fingerprint_malformed: 'fingerprint',
  too_large: 'tooLarge',
  record_malformed: 'record',
  record_authentication: 'record',
  exhausted: 'channelEnded',
  closed: 'channelEnded',
};

const storeFaults: Readonly<Record<StoreError['code'], FaultName>> = {
  unavailable: 'storeUnavailable',
  failed: 'storeFailed',
  full: 'storeFull',
};

/**
 * Says in the person's language what went wrong and what to try, from whatever a call threw. The bank's own words are
 * never shown: they are English and for whoever reads logs.
 */
export function explain(error: unknown): string {
  if (error instanceof BankError) {
    return explainRefusal(error);
  }
  if (error instanceof ChannelError) {
    return faults[channelFaults[error.code]];
  }
  if (error instanceof StoreError) {
    return faults[storeFaults[error.code]];
  }
  if (error instanceof LinkError) {
    return faults.link;
  }
  return error instanceof ProtocolError ? faults.protocol : faults.unexpected;
}

/** Says why the bank refused; for codes with a wait, how long. */
function explainRefusal(error: BankError): string {
  if (error.retryAfterMs !== undefined && error.code === Code.RATE_LIMITED) {
    return faults.rateLimitedFor(duration(roundUp(error.retryAfterMs)));
  }
  if (error.retryAfterMs !== undefined && error.code === Code.BUSY) {
    return faults.busyFor(duration(roundUp(error.retryAfterMs)));
  }
  return explainCode(error.code);
}

/** Says what a code of the bank means. A newer bank may have codes that this page does not know. */
export function explainCode(code: Code): string {
  const name = Code[code]?.toLowerCase();
  return name !== undefined && isRefusal(name) ? refusals[name] : faults.unknownCode(name ?? String(code));
}

function isRefusal(name: string): name is keyof typeof refusals {
  return Object.hasOwn(refusals, name);
}

/** To whole seconds, and beyond a minute to whole minutes: who waits as long as was said must have waited enough. */
function roundUp(ms: number): number {
  const unitMs = ms > 60_000 ? 60_000 : 1000;
  return Math.ceil(ms / unitMs) * unitMs;
}
