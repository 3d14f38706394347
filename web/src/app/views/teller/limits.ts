import { AccountStatus, type Account, type TellerLimits } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';

/** What a teller does with cash. */
export type Way = 'deposit' | 'withdraw';

/** What a teller may still do today, one way, in minor units. */
export interface Left {
  operationMinor: bigint; // the most in one operation, also as far as the day is concerned
  dayMinor: bigint;
  usedMinor: bigint;
  dayMaxMinor: bigint;
}

/** left returns what remains of a day's limits; never below zero. */
export function left(limits: TellerLimits, way: Way): Left {
  const usedMinor = way === 'deposit' ? limits.dayDepositedMinor : limits.dayWithdrawnMinor;
  const dayMinor = limits.dayMaxMinor > usedMinor ? limits.dayMaxMinor - usedMinor : 0n;
  const operationMinor = limits.operationMaxMinor < dayMinor ? limits.operationMaxMinor : dayMinor;
  return { operationMinor, dayMinor, usedMinor, dayMaxMinor: limits.dayMaxMinor };
}

/** Why the bank would refuse an amount; "none" where nothing is known that speaks against it. */
export type Obstacle = 'none' | 'zero' | 'frozen' | 'over_operation' | 'over_day' | 'insufficient';

/** obstacle judges an amount before it is sent. The bank decides; this only spares the person a refusal. */
export function obstacle(way: Way, amountMinor: bigint, account: Account, limits: TellerLimits | undefined): Obstacle {
  if (account.status === AccountStatus.FROZEN) {
    return 'frozen';
  }
  if (amountMinor <= 0n) {
    return 'zero';
  }
  if (limits && limits.currency === account.currency) {
    if (amountMinor > limits.operationMaxMinor) {
      return 'over_operation';
    }
    if (amountMinor > left(limits, way).dayMinor) {
      return 'over_day';
    }
  }
  return way === 'withdraw' && amountMinor > account.availableMinor ? 'insufficient' : 'none';
}

/** balanceAfter is the balance that the operation leaves, as far as the balance shown is still the newest. */
export function balanceAfter(way: Way, amountMinor: bigint, account: Pick<Account, 'balanceMinor'>): bigint {
  return way === 'deposit' ? account.balanceMinor + amountMinor : account.balanceMinor - amountMinor;
}
