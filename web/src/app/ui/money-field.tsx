import { parseMoney, symbolOf, typedMoney } from '../format.ts';
import { Field, type FieldProps } from './field.tsx';

type MoneyFieldProps = Omit<FieldProps, 'type' | 'inputMode' | 'before' | 'figures'> & {
  /** ISO 4217. */
  currency: string;
  /** Large, for the one amount that a page is about. */
  large?: boolean;
};

/**
 * A field for an amount of money. `value` is the text as typed: read it with `parseMoney`. On leaving, what can be read is
 * written the way the bank writes it. It takes far more than any amount has: what a browser cuts off changes an amount.
 */
export function MoneyField({ currency, large, class: extra, ...props }: MoneyFieldProps) {
  return (
    <Field
      autocomplete="off"
      placeholder="0.00"
      {...props}
      class={`field-money${large === true ? ' field-large' : ''}${extra === undefined ? '' : ` ${extra}`}`}
      inputMode="decimal"
      maxLength={256}
      figures
      before={symbolOf(currency)}
      onBlur={() => {
        const amountMinor = parseMoney(props.value, currency);
        if (amountMinor !== undefined) {
          props.onValue(typedMoney(amountMinor, currency));
        }
        props.onBlur?.();
      }}
    />
  );
}
