import { useEffect, useState } from 'preact/hooks';
import type { TransferKind } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { parseMoney, typedMoney } from '../../format.ts';
import { Button, Field, MoneyField, Segmented, Select } from '../../ui/index.ts';
import { dayOf } from './days.ts';
import { conditions, type Direction, everything, type Filter } from './filter.ts';
import { kindName, kinds } from './kinds.ts';
import type { ListModel } from './list-model.ts';
import { t } from './text.ts';

/** The conditions beyond words: which way, what kind, when, how much. Each takes effect as soon as it can be read. */
export function FilterPanel({ model, currency }: { model: ListModel; currency: string }) {
  const filter = model.filter.value;
  const set = (change: Partial<Filter>): void => model.setFilter({ ...model.filter.peek(), ...change });
  const today = dayOf(model.world.nowUs());
  const datesCross = filter.firstDay !== '' && filter.lastDay !== '' && filter.firstDay > filter.lastDay;
  return (
    <div class="mov-filters card">
      <div class="mov-filter-wide">
        <Segmented<Direction>
          label={t.direction}
          value={filter.direction}
          choices={[
            { value: 'all', label: t.all },
            { value: 'in', label: t.incoming },
            { value: 'out', label: t.outgoing },
          ]}
          onValue={(direction) => set({ direction })}
        />
      </div>
      <Select
        plain
        class="mov-filter-kind"
        label={t.kind}
        value={String(filter.kind)}
        choices={[{ value: '0', label: t.anyKind }, ...kinds.map((k) => ({ value: String(k), label: kindName(k) }))]}
        onValue={(kind) => set({ kind: Number(kind) as TransferKind })}
      />
      <Field plain label={t.from} type="date" max={today} value={filter.firstDay} onValue={(firstDay) => set({ firstDay })} />
      <Field
        plain={!datesCross}
        label={t.to}
        type="date"
        max={today}
        value={filter.lastDay}
        error={datesCross ? t.badDates : undefined}
        onValue={(lastDay) => set({ lastDay })}
      />
      <AmountRange {...{ filter, currency, set }} />
      {conditions(filter) > 0 && (
        <div class="mov-filter-wide">
          <Button small icon="close" onClick={() => set({ ...everything, text: filter.text })}>
            {t.clearFilters}
          </Button>
        </div>
      )}
    </div>
  );
}

interface AmountRangeProps {
  filter: Filter;
  currency: string;
  set: (change: Partial<Filter>) => void;
}

/** Two amounts that keep what was typed, and set the filter when it reads as an amount. */
function AmountRange({ filter, currency, set }: AmountRangeProps) {
  const crossed = filter.minMinor !== undefined && filter.maxMinor !== undefined && filter.minMinor > filter.maxMinor;
  return (
    <>
      <AmountBound label={t.least} value={filter.minMinor} {...{ currency }} onValue={(minMinor) => set({ minMinor })} />
      <AmountBound
        label={t.most}
        value={filter.maxMinor}
        error={crossed ? t.badRange : undefined}
        {...{ currency }}
        onValue={(maxMinor) => set({ maxMinor })}
      />
    </>
  );
}

interface AmountBoundProps {
  label: string;
  value: bigint | undefined;
  currency: string;
  error?: string | undefined;
  onValue: (amountMinor: bigint | undefined) => void;
}

function AmountBound({ label, value, currency, error, onValue }: AmountBoundProps) {
  const [text, setText] = useState(value === undefined ? '' : typedMoney(value, currency));
  const read = parseMoney(text, currency);
  useEffect(() => {
    // The filter was cleared elsewhere.
    if (value === undefined && read !== undefined) setText('');
  }, [value]);
  const wrong = text.trim() !== '' && read === undefined ? t.badAmount : error;
  return (
    <MoneyField
      plain={wrong === undefined}
      label={label}
      currency={currency}
      value={text}
      error={wrong}
      onValue={(typed) => {
        setText(typed);
        onValue(typed.trim() === '' ? undefined : parseMoney(typed, currency));
      }}
    />
  );
}
