import { useMemo, useRef } from 'preact/hooks';
import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { day as dayText, signedMoney } from '../../format.ts';
import { language } from '../../i18n.ts';
import { chunks, type Day, sameLegs } from './days.ts';
import { MovementRow } from './row.tsx';
import { t } from './text.ts';

interface DayListProps {
  account: string;
  currency: string;
  days: readonly Day[];
  /** The net is of what was found, not of the day. */
  found: boolean;
  arriving: ReadonlySet<bigint>;
}

/** Movements under the headings of their days. What is far from the screen is not laid out, and what is the same not compared. */
export function DayList({ account, currency, days, found, arriving }: DayListProps) {
  return (
    <>
      {days.map((day) => {
        const first = day.legs[0];
        const net = signedMoney(day.netMinor, currency);
        return (
          <section class="mov-day" key={day.day} aria-labelledby={`day-${day.day}`}>
            <div class="mov-day-head">
              <h2 id={`day-${day.day}`}>{first === undefined ? day.day : dayText(first.atUs)}</h2>
              {(found ? day.legs.length > 1 : !day.partial) && <span class="figures">{found ? t.netOfMatches(net) : t.net(net)}</span>}
            </div>
            {chunks(day.legs).map((chunk) => (
              <ChunkOfRows key={chunk.key} {...{ account, currency, arriving }} legs={chunk.legs} />
            ))}
          </section>
        );
      })}
    </>
  );
}

interface ChunkProps {
  account: string;
  currency: string;
  legs: readonly Leg[];
  arriving: ReadonlySet<bigint>;
}

function ChunkOfRows({ account, currency, legs, arriving }: ChunkProps) {
  const kept = useRef(legs);
  if (!sameLegs(kept.current, legs)) kept.current = legs;
  const same = kept.current;
  const spoken = language.value;
  return useMemo(
    () => (
      // The number of rows is the height of what is not laid out: the scroll bar and the way back stay where they are.
      <ol class="mov-chunk" style={{ '--rows': same.length }}>
        {same.map((leg) => MovementRow({ account, currency, leg, arriving: arriving.has(leg.seq) }))}
      </ol>
    ),
    [same, account, currency, spoken],
  );
}
