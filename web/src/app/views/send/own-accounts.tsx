import { Button } from '../../ui/index.ts';
import { AccountSelect } from './account-select.tsx';
import type { Desk } from './desk.ts';
import type { Draft } from './flow.ts';
import { t } from './text.ts';

interface OwnAccountsProps {
  desk: Desk;
  draft: Draft;
  fromError?: string | undefined;
  toError?: string | undefined;
}

/** From which account of the holder's to which other one, and a button that turns them round. */
export function OwnAccounts({ desk, draft: { from, to }, fromError, toError }: OwnAccountsProps) {
  const swap = () => desk.edit({ from: to, to: from });
  // Choosing the other side's account means the other way round: an account cannot pay itself.
  const pay = (clabe: string) => (clabe === to ? swap() : desk.edit({ from: clabe }));
  const receive = (clabe: string) => (clabe === from ? swap() : desk.edit({ to: clabe }));
  return (
    <div class="own-accounts">
      <AccountSelect label={t.from} name="from" value={from} error={fromError} paying onValue={pay} />
      <Button icon="movements" class="own-swap" aria-label={t.swap} title={t.swap} onClick={swap} />
      <AccountSelect label={t.to} name="to" value={to} error={toError} onValue={receive} />
    </div>
  );
}
