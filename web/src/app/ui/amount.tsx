import { money, signedMoney } from '../format.ts';
import { classes } from './classes.ts';

interface AmountProps {
  /** Minor units. */
  amountMinor: bigint;
  /** ISO 4217. */
  currency: string;
  /** With a plus, and in green, where money came in. */
  signed?: boolean;
  class?: string;
  'data-testid'?: string;
}

/** A written amount of more characters than this does not stand as a title on a phone: it is set smaller. */
export const longAmount = 13;

/** An amount of money within a text or a list. */
export function Amount({ amountMinor, currency, signed, class: extra, ...rest }: AmountProps) {
  return (
    <span {...rest} class={classes('amount', signed === true && amountMinor > 0n && 'amount-in', extra)}>
      {signed === true ? signedMoney(amountMinor, currency) : money(amountMinor, currency)}
    </span>
  );
}
