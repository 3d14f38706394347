import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { language } from '../../i18n.ts';
import { sameLegs } from './days.ts';
import { watchNear } from './nearness.ts';
import { MovementRow } from './row.tsx';

interface ChunkProps {
  account: string;
  currency: string;
  legs: readonly Leg[];
  arriving: ReadonlySet<bigint>;
  /** It stands at the top: its rows are there before anybody looks. */
  eager: boolean;
}

/**
 * Some rows of the list. Far from the screen they are only a space of their height, so that ten thousand movements cost no
 * more than a hundred; and while they are the same they are not compared.
 */
export function ChunkOfRows({ account, currency, legs, arriving, eager }: ChunkProps) {
  const list = useRef<HTMLOListElement>(null);
  const [near, setNear] = useState(eager);
  const rowHeight = useRef<string>('4.25rem');
  const kept = useRef(legs);
  if (!sameLegs(kept.current, legs)) kept.current = legs;
  const same = kept.current;
  useEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    return watchNear(element, (isNear) => {
      if (!isNear) {
        if (element.contains(document.activeElement)) return; // the keyboard would fall to the top of the page
        if (element.childElementCount > 0) rowHeight.current = `${element.offsetHeight / element.childElementCount}px`;
      }
      setNear(isNear);
    });
  }, []);
  const spoken = language.value;
  return useMemo(
    () => (
      <ol
        ref={list}
        class="mov-chunk"
        role="list"
        aria-hidden={near ? undefined : true}
        style={{ minHeight: near ? '' : `calc(${same.length} * ${rowHeight.current})` }}
      >
        {near && same.map((leg) => MovementRow({ account, currency, leg, arriving: arriving.has(leg.seq) }))}
      </ol>
    ),
    [same, account, currency, spoken, near],
  );
}
