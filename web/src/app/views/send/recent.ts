import { type Leg, TransferKind } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';

/** Somebody whom the holder has dealt with: the name is as the bank gave it with the newest movement that has one. */
export interface Acquaintance {
  readonly clabe: string;
  readonly name: string;
  readonly atUs: bigint;
}

/**
 * Whom the holder paid last, newest first, and behind them who paid the holder. `own` are the holder's CLABEs, which are
 * nobody to pay here.
 */
export function acquaintances(legs: Iterable<Leg>, own: readonly string[], most: number): Acquaintance[] {
  const paid = new Map<string, Acquaintance>();
  const payers = new Map<string, Acquaintance>();
  for (const leg of legs) {
    if (leg.kind !== TransferKind.TRANSFER || leg.counterparty === '' || own.includes(leg.counterparty)) continue;
    const group = leg.amountMinor < 0n ? paid : payers;
    const known = group.get(leg.counterparty);
    if (known !== undefined && known.atUs >= leg.atUs) continue;
    group.set(leg.counterparty, { clabe: leg.counterparty, name: leg.counterpartyName, atUs: leg.atUs });
  }
  const newest = (group: Map<string, Acquaintance>) =>
    [...group.values()].sort((a, b) => (a.atUs < b.atUs ? 1 : a.atUs > b.atUs ? -1 : 0));
  return [...newest(paid), ...newest(payers).filter((someone) => !paid.has(someone.clabe))].slice(0, most);
}
