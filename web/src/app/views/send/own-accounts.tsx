import { Button } from '../../ui/index.ts';
import { AccountSelect } from './account-select.tsx';
import type { Desk } from './desk.ts';
import type { Draft } from './flow.ts';
import { t } from './text.ts';

/** From which account of the holder's to which other one, and a button that turns them round. */
export function OwnAccounts({ desk, draft, fromError, toError }: { desk: Desk; draft: Draft; fromError?: string | undefined; toError?: string | undefined }) {
  const swap = () => desk.edit({ from: draft.to, to: draft.from });
  return (
    <div class="own-accounts">
      <AccountSelect label={t.from} name="from" value={draft.from} error={fromError} paying onValue={(from) => (from === draft.to ? swap() : desk.edit({ from }))} />
      <Button icon="movements" class="own-swap" aria-label={t.swap} title={t.swap} onClick={swap} />
      <AccountSelect label={t.to} name="to" value={draft.to} error={toError} onValue={(to) => (to === draft.from ? swap() : desk.edit({ to }))} />
    </div>
  );
}
