import { useEffect, useRef } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { go, route } from '../../router.ts';
import { EmptyState, Link, Skeleton } from '../../ui/index.ts';
import { MovementList } from './list.tsx';
import { ReceiptView } from './receipt.tsx';
import { t } from './text.ts';

/** `/movements`, `/movements/CLABE` and `/movements/CLABE/SEQ`: an account's movements, or one of them as a receipt. */
export default function View() {
  const bank = useBank();
  const accounts = bank.accounts.value;
  const [, clabe, number] = route.value.parts;
  const account = clabe === undefined ? accounts[0] : accounts.find((a) => a.clabe === clabe);
  const seq = number !== undefined && /^[1-9]\d{0,18}$/.test(number) ? BigInt(number) : undefined;
  // The list stays under a receipt that was opened from it, and is not made for one that was opened by its address.
  const listed = useRef(false);
  const showsList = account !== undefined && number === undefined;
  if (showsList) listed.current = true;
  const opened = useRef<bigint | undefined>(undefined);
  if (seq !== undefined) opened.current = seq;
  useEffect(() => {
    if (clabe === undefined && account !== undefined && accounts.length > 1) {
      go(`/movements/${account.clabe}`, { replace: true });
    }
  }, [clabe, account?.clabe, accounts.length]);
  if (account === undefined) {
    if (bank.freshness.value.kind === 'never' && accounts.length === 0) {
      return (
        <>
          <h1 class="read">{t.title}</h1>
          <Skeleton lines={8} />
        </>
      );
    }
    return (
      <>
        <h1 class="read">{t.title}</h1>
        <EmptyState icon="movements" title={clabe === undefined ? t.none : t.noAccount} action={<Link to="/">{t.backToList}</Link>}>
          {clabe === undefined ? t.noneText : t.notFoundText}
        </EmptyState>
      </>
    );
  }
  return (
    <>
      {!showsList && <ReceiptView account={account} seq={seq ?? 0n} />}
      {listed.current && <MovementList key={account.clabe} {...{ account, accounts }} hidden={!showsList} opened={opened.current} />}
    </>
  );
}
