import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { dateTime, money, signedMoney, time } from '../../format.ts';
import { Icon, classes } from '../../ui/index.ts';
import { kindIcon, kindName, otherSide } from './kinds.ts';

interface MovementRowProps {
  account: string;
  currency: string;
  leg: Leg;
  /** It has just happened: it slides in. */
  arriving?: boolean;
  /** What is said of its moment; the hour, unless no heading says the day. */
  when?: string;
}

/** The address of a movement's receipt within the page. */
export function receiptHref(account: string, seq: bigint): string {
  return `#/movements/${account}/${seq}`;
}

/**
 * One movement in a list, which leads to its receipt. A plain function of text nodes, without components inside, because a
 * list may hold ten thousand.
 */
export function MovementRow({ account, currency, leg, arriving, when }: MovementRowProps) {
  const name = otherSide(leg);
  const incoming = leg.amountMinor > 0n;
  return (
    <li class={classes('mov-row', arriving === true && 'mov-arriving')} key={leg.seq.toString()}>
      <a class="mov-link" href={receiptHref(account, leg.seq)}>
        <span class={classes('mov-mark', incoming && 'mov-mark-in')}>{Icon({ name: kindIcon(leg) })}</span>
        <span class="mov-who">
          <span class="mov-name">{name === '' ? kindName(leg.kind) : name}</span>
          <span class="mov-memo">{leg.memo === '' ? kindName(leg.kind) : leg.memo}</span>
        </span>
        <span class="mov-figures">
          <span class={classes('amount mov-amount', incoming && 'amount-in')}>{signedMoney(leg.amountMinor, currency)}</span>
          <span class="mov-after">
            <time dateTime={new Date(Number(leg.atUs / 1000n)).toISOString()} title={dateTime(leg.atUs)}>
              {when ?? time(leg.atUs)}
            </time>
            <span class="mov-balance figures">{money(leg.balanceMinor, currency)}</span>
          </span>
        </span>
      </a>
    </li>
  );
}
