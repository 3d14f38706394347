import { useRef } from 'preact/hooks';
import type { Freshness } from '../freshness.ts';
import { minus, money, moneyParts } from '../format.ts';
import { classes } from './classes.ts';
import { t } from './text.ts';

interface FigureProps {
  /** Minor units. */
  amountMinor: bigint;
  /** ISO 4217. */
  currency: string;
  size?: 'small' | 'large' | 'hero';
  /** Anything but live is shown greyed, and said. */
  freshness?: Freshness;
  class?: string;
  'data-testid'?: string;
}

/** As long as digits take to roll, and a little. */
const rollMs = 450;

const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

/**
 * A balance whose digits roll to what it becomes. Each digit is a strip that is only ever moved by a transform, so that a
 * thousand changes a second lay nothing out again; changes that come faster than digits roll are shown without rolling, so
 * that the figure can be read at any time. Assistive technology gets the amount as one text.
 */
export function Figure({ amountMinor, currency, size = 'large', freshness, class: extra, ...rest }: FigureProps) {
  const { negative, symbol, whole, decimals } = moneyParts(amountMinor, currency);
  const swift = useSwift(amountMinor);
  const old = freshness !== undefined && freshness.kind !== 'live';
  const characters = [...whole];
  return (
    <span
      {...rest}
      class={classes('figure', `figure-${size}`, old && 'figure-old', swift && 'figure-swift', extra)}
      style={{ '--figure-ems': emsOf(`${negative ? minus : ''}${symbol}${whole}`, decimals, size) }}
    >
      <span class="read">
        {money(amountMinor, currency)}
        {old && ` (${t.notLive})`}
      </span>
      <span class="figure-shown" aria-hidden>
        {negative && <span class="figure-sign">{minus}</span>}
        <span class="figure-symbol">{symbol}</span>
        {characters.map((character, i) => (
          // Counted from the point: the digit of the thousands stays the same strip when one comes before it.
          <Digit key={characters.length - i} character={character} />
        ))}
        {decimals !== '' && (
          <span class="figure-decimals">
            <span class="figure-point">.</span>
            {[...decimals].map((character, i) => (
              <Digit key={i} character={character} />
            ))}
          </span>
        )}
      </span>
    </span>
  );
}

/** About how wide a figure is, in its own font size: the style sheet sets no larger a one than the place has room for. */
function emsOf(before: string, decimals: string, size: 'small' | 'large' | 'hero'): number {
  const wide = (text: string) => [...text].reduce((ems, character) => ems + (/[.,]/.test(character) ? 0.38 : 0.7), 0);
  return wide(before) + (decimals === '' ? 0 : wide(`.${decimals}`)) * (size === 'hero' ? 0.62 : 1);
}

/** Whether the amount changed again before its digits had come to rest. */
function useSwift(amountMinor: bigint): boolean {
  const last = useRef({ amountMinor, atMs: -rollMs, swift: false });
  if (last.current.amountMinor !== amountMinor) {
    const atMs = performance.now();
    last.current = { amountMinor, atMs, swift: atMs - last.current.atMs < rollMs };
  }
  return last.current.swift;
}

function Digit({ character }: { character: string }) {
  const at = digits.findIndex((digit) => digit === character);
  if (at < 0) {
    return <span class="figure-point">{character}</span>;
  }
  return (
    <span class="digit">
      <span class="digit-strip" style={{ transform: `translateY(${at * -10}%)` }}>
        {digits.map((digit) => (
          <span key={digit}>{digit}</span>
        ))}
      </span>
    </span>
  );
}
