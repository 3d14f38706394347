import type { Order } from '../../../caudal/index.ts';
import { explain } from '../../errors.ts';
import { Amount, CopyButton, Dialog, groupClabe, Link, Time } from '../../ui/index.ts';
import { Fact, Facts } from '../send/facts.tsx';
import type { Entry, OrderLog } from './log.ts';
import { t } from './text.ts';
import { subject } from './words.ts';

/** Everything that this browser knows of an order. */
export function Details({ order, log, onClose }: { order: Order; log: OrderLog; onClose: () => void }) {
  const { command, receipt, account } = order;
  const mover = command.kind === 'transfer' ? command.from : command.kind === 'open_account' ? undefined : command.account;
  const actions =
    command.kind === 'transfer' && receipt !== undefined ? (
      <Link button="primary" to={`/movements/${mover}/${receipt.seq}`} onClick={onClose}>
        {t.receipt}
      </Link>
    ) : account !== undefined ? (
      <Link button="primary" to={`/account/${account.clabe}`} onClick={onClose}>
        {t.toAccount}
      </Link>
    ) : undefined;
  return (
    <Dialog open onClose={onClose} title={subject(order)} {...(actions === undefined ? {} : { actions })} data-testid="order-details">
      <Facts>
        <What command={command} />
        {order.error !== undefined && (
          <Fact name={order.state === 'refused' ? t.why : t.lastAnswer}>{explain(order.error)}</Fact>
        )}
        <Fact name={t.key} note={t.keyWhy}>
          <span class="order-key">{order.key}</span> <CopyButton iconOnly small text={order.key} label={t.copyKey} />
        </Fact>
      </Facts>
      <section class="order-past">
        <h3>{t.history}</h3>
        <ol>
          {log.of(order).map((entry, i) => (
            <li key={i}>
              <span>{happened(entry)}</span> <Moment atMs={entry.atMs} />
            </li>
          ))}
        </ol>
      </section>
    </Dialog>
  );
}

function Moment({ atMs }: { atMs: number }) {
  const us = BigInt(Math.round(atMs)) * 1000n;
  return (
    <span class="order-moment">
      <Time us={us} show="day" />, <Time us={us} />
    </span>
  );
}

function What({ command }: { command: Order['command'] }) {
  if (command.kind === 'open_account') return <Fact name={t.name}>{command.name}</Fact>;
  const transfer = command.kind === 'transfer';
  return (
    <>
      <Fact name={t.amount}>
        <Amount amountMinor={command.amountMinor} currency={command.currency} />
      </Fact>
      {transfer && (
        <Fact name={t.from}>
          <span class="figures">{groupClabe(command.from)}</span>
        </Fact>
      )}
      <Fact name={transfer ? t.to : t.holder}>
        {transfer ? command.payeeName : command.holder}{' '}
        <span class="fact-quiet figures">{groupClabe(transfer ? command.to : command.account)}</span>
      </Fact>
      {command.memo !== '' && <Fact name={t.memo}>{command.memo}</Fact>}
    </>
  );
}

function happened({ state }: Entry): string {
  switch (state) {
    case 'created':
      return t.created;
    case 'sending':
      return t.wentSending;
    case 'unknown':
      return t.wentUnknown;
    case 'done':
      return t.wentDone;
    case 'refused':
      return t.wentRefused;
  }
}
