import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';

/** What a person has in one currency, over all accounts in it. */
export interface Total {
  readonly currency: string;
  readonly balanceMinor: bigint;
  readonly accounts: number;
}

/** Totals by currency, in the order in which the currencies first appear. */
export function totals(accounts: readonly Account[]): Total[] {
  const byCurrency = new Map<string, { balanceMinor: bigint; accounts: number }>();
  for (const { currency, balanceMinor } of accounts) {
    const total = byCurrency.get(currency) ?? { balanceMinor: 0n, accounts: 0 };
    byCurrency.set(currency, { balanceMinor: total.balanceMinor + balanceMinor, accounts: total.accounts + 1 });
  }
  return Array.from(byCurrency, ([currency, total]) => ({ currency, ...total }));
}
