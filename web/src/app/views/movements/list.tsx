import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { DayList } from './day-list.tsx';
import { Flood, type FloodClock } from './flood.ts';
import { ListFoot } from './list-foot.tsx';
import { listModel } from './models.ts';
import { NewerChip } from './newer-chip.tsx';
import { receiptHref } from './row.tsx';
import { Toolbar } from './toolbar.tsx';
import { useArriving } from './use-arriving.ts';

/** Pixels from the top within which new movements are shown as they come. */
const topPx = 96;

interface MovementListProps {
  account: Account;
  accounts: readonly Account[];
  hidden: boolean;
  /** The number of the movement whose receipt was open last: the focus returns to it. */
  opened: bigint | undefined;
}

/** The movements of an account: what is looked for, the list, and what comes after it. Hidden, it keeps its place. */
export function MovementList({ account, accounts, hidden, opened }: MovementListProps) {
  const bank = useBank();
  const model = listModel(bank, account);
  const arriving = useArriving(account.clabe);
  const source = model.source.value;
  const days = model.days.value;

  // A connection that came back is a reason to ask again for what did not come.
  const live = bank.freshness.value.kind === 'live';
  useEffect(() => {
    const lacking = source.legs.peek().length === 0 || source.error.peek() !== undefined;
    if (lacking && !source.complete.peek() && !source.loading.peek()) void model.further();
  }, [model, source, live]);

  // A new search looks further back by itself, as far as one look goes.
  const { text, direction, kind, minMinor, maxMinor } = model.filter.value;
  useEffect(() => {
    if (!model.searching.peek()) return undefined;
    const timer = setTimeout(() => void model.further(), searchPauseMs);
    return () => clearTimeout(timer);
  }, [model, source, text, direction, kind, minMinor, maxMinor]);

  const place = useRef(0);
  useLayoutEffect(() => {
    if (hidden) return undefined;
    const page = document.documentElement;
    const follow = (): void => {
      place.current = page.scrollTop;
      if (page.scrollTop > topPx) model.hold();
      else model.follow();
    };
    page.scrollTop = place.current;
    if (opened !== undefined) {
      document.querySelector<HTMLElement>(`a[href="${receiptHref(account.clabe, opened)}"]`)?.focus({ preventScroll: true });
    }
    const settled = requestAnimationFrame(() => addEventListener('scroll', follow, { passive: true }));
    return () => {
      cancelAnimationFrame(settled);
      removeEventListener('scroll', follow);
      model.hold();
    };
  }, [model, hidden]);

  useEffect(() => {
    const flood = new Flood(pageClock, {
      flooded: () => model.flood(),
      calm: () => {
        model.calm();
        if (!hidden && document.documentElement.scrollTop <= topPx) model.release();
      },
    });
    const stop = bank.onLegs((events) => {
      const own = events.filter((event) => event.account === account.clabe).length;
      if (own > 0) flood.arrived(own);
    });
    return () => {
      stop();
      flood.close();
      model.calm();
    };
  }, [bank, model, hidden]);

  return (
    <div class="mov-list" hidden={hidden}>
      <Toolbar {...{ model, account, accounts }} />
      <NewerChip model={model} />
      <div class="mov-days">
        <DayList account={account.clabe} currency={account.currency} {...{ days, arriving }} found={model.searching.value} />
      </div>
      <ListFoot model={model} hidden={hidden} />
    </div>
  );
}

/** The browser's own clock. */
const pageClock: FloodClock = {
  nowMs: () => performance.now(),
  later: (f, ms) => {
    const timer = setTimeout(f, ms);
    return () => clearTimeout(timer);
  },
};

/** A person who types is not answered at each letter by the bank, only by what is here already. */
const searchPauseMs = 250;
