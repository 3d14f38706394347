import { effect, signal } from '@preact/signals';
import { toast } from '../announce.ts';
import type { Bank } from '../bank.ts';
import { count, money, signedMoney } from '../format.ts';
import { Incoming, type Arrived } from '../incoming.ts';
import { route } from '../router.ts';
import { t } from './text.ts';

/**
 * Tells of incoming money: a toast to whoever looks, the title of the page to whoever looks elsewhere, and one toast with
 * the sum when they come back. Keeps the page's title. Returns how to stop.
 */
export function followNews(bank: Bank): () => void {
  const unseen = signal<readonly Arrived[]>([]);
  const incoming = new Incoming({
    currencyOf: (clabe) => bank.client.accounts.get(clabe)?.currency,
    later: (f, ms) => {
      const timer = setTimeout(f, ms);
      return () => clearTimeout(timer);
    },
    tell: (arrived) => {
      if (document.visibilityState === 'hidden') {
        unseen.value = [merge([...unseen.peek(), arrived])];
      } else {
        show(arrived);
      }
    },
  });
  const seen = () => {
    const [missed] = unseen.peek();
    if (document.visibilityState === 'visible' && missed !== undefined) {
      unseen.value = [];
      show(missed, t.whileAway);
    }
  };
  document.addEventListener('visibilitychange', seen);
  const stops = [
    bank.onLegs((events) => incoming.receive(events)),
    effect(() => {
      const [missed] = unseen.value;
      const page = `${t[route.value.view]} · ${bank.name}`;
      document.title = missed === undefined ? page : `(${sumOf(missed)}) ${bank.name}`;
    }),
    () => incoming.stop(),
    () => document.removeEventListener('visibilitychange', seen),
  ];
  return () => stops.forEach((stop) => stop());
}

function show(arrived: Arrived, detail?: string): void {
  const { only } = arrived;
  const name = only?.leg.counterpartyName ?? '';
  toast({
    tone: 'in',
    text: only === undefined ? t.manyReceived(count(arrived.movements), sumOf(arrived)) : t.received(sumOf(arrived, money)),
    ...(detail !== undefined ? { detail } : name !== '' ? { detail: t.from(name) } : {}),
    to: only === undefined ? '/movements' : `/movements/${only.account}/${only.leg.seq}`,
  });
}

function sumOf(arrived: Arrived, write: typeof money = signedMoney): string {
  return [...arrived.sums].map(([currency, sum]) => write(sum, currency)).join(' ');
}

function merge(all: readonly Arrived[]): Arrived {
  const sums = new Map<string, bigint>();
  for (const { sums: some } of all) {
    some.forEach((sum, currency) => sums.set(currency, (sums.get(currency) ?? 0n) + sum));
  }
  const movements = all.reduce((n, arrived) => n + arrived.movements, 0);
  return { movements, sums, only: movements === 1 ? all[0]?.only : undefined };
}
