import { useEffect, useRef, useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { useOnScreen } from './on-screen.ts';
import { line, path, summary, withSample } from './round-trips.ts';
import { t } from './text.ts';

/** A ping this often, and only while somebody can see the result. */
const pingEveryMs = 3000;

const box = { width: 240, height: 44 };

/** The round trip to the bank, measured while it is on the screen: a number, a line, and the same in words. */
export function RoundTrip() {
  const place = useRef<HTMLDivElement>(null);
  const live = useBank().link.value.kind === 'live';
  const series = useRoundTrips(useOnScreen(place) && live);
  const sum = summary(series);
  const points = line(series, box);
  const last = points.at(-1);
  return (
    <div class="round-trip" ref={place} data-testid="round-trip">
      <div class="round-trip-head">
        <h3>{t.roundTrip}</h3>
        {sum && live ? (
          <span class="round-trip-now figures">{t.ms(sum.last)}</span>
        ) : (
          <span class="round-trip-none">{live ? t.measuring : t.notMeasured}</span>
        )}
      </div>
      <svg class="round-trip-line" viewBox={`0 0 ${box.width} ${box.height}`} preserveAspectRatio="none" aria-hidden>
        <path class="round-trip-ground" d={`M0 ${box.height}H${box.width}`} />
        <path class="round-trip-path" d={path(points)} />
        {points.length === 1 && last && <path class="round-trip-path" d={`M${last.x - 2} ${last.y}H${last.x}`} />}
      </svg>
      <p class="muted figures" aria-hidden>
        {sum && sum.count > 1 ? t.roundTripShort(sum.median, sum.worst) : '\u00a0'}
      </p>
      <p class="read">{sum ? t.roundTripText(sum.last, sum.median, sum.worst, sum.count) : ''}</p>
    </div>
  );
}

function useRoundTrips(wanted: boolean): readonly number[] {
  const { client } = useBank();
  const [series, setSeries] = useState<readonly number[]>([]);
  useEffect(() => {
    if (!wanted) {
      return undefined;
    }
    let here = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const measure = () => {
      client.ping().then(
        (ms) => {
          if (here) {
            setSeries((before) => withSample(before, ms));
            timer = setTimeout(measure, pingEveryMs);
          }
        },
        () => {
          // Cut: the link says so, and whoever waits for a live one starts again.
          if (here) {
            timer = setTimeout(measure, pingEveryMs);
          }
        },
      );
    };
    measure();
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [client, wanted]);
  return series;
}
