import { day as dayText, signedMoney } from '../../format.ts';
import { ChunkOfRows } from './chunk.tsx';
import { chunks, type Day } from './days.ts';
import { t } from './text.ts';

interface DayListProps {
  account: string;
  currency: string;
  days: readonly Day[];
  /** The net is of what was found, not of the day. */
  found: boolean;
  arriving: ReadonlySet<bigint>;
}

/** Chunks at the top whose rows are there at once. */
const eagerChunks = 2;

/** Movements under the headings of their days. */
export function DayList({ account, currency, days, found, arriving }: DayListProps) {
  let chunksBefore = 0;
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
              <ChunkOfRows
                key={chunk.key}
                {...{ account, currency, arriving }}
                legs={chunk.legs}
                eager={chunksBefore++ < eagerChunks}
              />
            ))}
          </section>
        );
      })}
    </>
  );
}
