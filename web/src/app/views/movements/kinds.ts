import { type Leg, TransferKind } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { IconName } from '../../ui/index.ts';
import { t } from './text.ts';

/** The kinds that a person can ask for. */
export const kinds = [
  TransferKind.TRANSFER,
  TransferKind.DEPOSIT,
  TransferKind.WITHDRAWAL,
  TransferKind.GIFT,
] as const;

/** What a kind of transfer is called. */
export function kindName(kind: TransferKind): string {
  switch (kind) {
    case TransferKind.TRANSFER:
      return t.transfer;
    case TransferKind.DEPOSIT:
      return t.deposit;
    case TransferKind.WITHDRAWAL:
      return t.withdrawal;
    case TransferKind.GIFT:
      return t.gift;
    default:
      return t.otherKind;
  }
}

/** Who stands on the other side, as a person knows it: the bank's own accounts by what happened there. */
export function otherSide(leg: Leg): string {
  switch (leg.kind) {
    case TransferKind.DEPOSIT:
    case TransferKind.WITHDRAWAL:
      return t.counter;
    case TransferKind.GIFT:
      return t.bank;
    default:
      return leg.counterpartyName;
  }
}

/** The picture of a movement: which way the money went, or where it came from. */
export function kindIcon(leg: Leg): IconName {
  if (leg.kind === TransferKind.DEPOSIT || leg.kind === TransferKind.WITHDRAWAL) return 'teller';
  return leg.amountMinor < 0n ? 'arrowOut' : 'arrowIn';
}
