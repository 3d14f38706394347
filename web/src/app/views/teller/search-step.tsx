import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Holder } from '../../../caudal/index.ts';
import { announce } from '../../announce.ts';
import { explain } from '../../errors.ts';
import { Banner, Button, EmptyState, Field, Icon } from '../../ui/index.ts';
import { chooseByArrows, focusFirst } from './arrow-keys.ts';
import type { Desk } from './desk.ts';
import { byKeyboard } from './pointer.ts';
import { readQuery, type Query } from './query.ts';
import type { Found } from './search.ts';
import { t } from './text.ts';

/** Takes the focus once the heading of the page that was gone to has had it. */
function focusSoon(field: RefObject<HTMLInputElement | null>): (() => void) | undefined {
  if (!byKeyboard()) {
    return undefined;
  }
  const frame = requestAnimationFrame(() => field.current?.focus());
  return () => cancelAnimationFrame(frame);
}

/** Whom one serves: a field that looks as one types, and who was found below it. */
export function SearchStep({ desk }: { desk: Desk }) {
  const { search } = desk;
  const found = search.found.value;
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => focusSoon(field), []);
  useEffect(() => {
    if (found.kind === 'found') {
      announce(found.holders.length === 0 ? t.nobody : t.foundCount(found.holders.length));
    }
  }, [found]);
  const choose = (holder: Holder, { text, atMs }: Extract<Found, { kind: 'found' }>) => {
    const query = readQuery(text);
    desk.move({ kind: 'choose_holder', customer: { holder, asOfMs: atMs }, ...(query.kind === 'clabe' ? { clabe: query.text } : {}) });
  };
  const clear = () => {
    search.clear();
    field.current?.focus();
  };
  const enter = () => {
    const [only, ...others] = found.kind === 'found' ? found.holders : [];
    if (found.kind !== 'found' || only === undefined) {
      void search.now();
    } else if (others.length > 0) {
      focusFirst(list.current);
    } else {
      choose(only, found);
    }
  };
  return (
    <div class="stack stack-tight">
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          enter();
        }}
      >
        <Field
          label={t.searchLabel}
          type="search"
          value={search.text.value}
          onValue={(text) => search.type(text)}
          inputRef={field}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          enterKeyHint="search"
          maxLength={120}
          before={<Icon name="search" />}
          after={search.text.value === '' ? undefined : <Clear onClear={clear} />}
          data-testid="holder-search"
          {...message(found)}
          onKey={(event) => {
            if (event.key === 'ArrowDown') {
              event.preventDefault();
              focusFirst(list.current);
            } else if (event.key === 'Escape') {
              event.preventDefault();
              clear();
            }
          }}
        />
      </form>
      {found.kind === 'found' && (
        <ul class="picks" ref={list} aria-label={t.foundCount(found.holders.length)} onKeyDown={(event) => chooseByArrows(event, event.currentTarget, field)}>
          {found.holders.map((holder) => (
            <li key={holder.username}>
              <HolderChoice holder={holder} onChoose={() => choose(holder, found)} />
            </li>
          ))}
        </ul>
      )}
      <Aftermath desk={desk} found={found} />
    </div>
  );
}

function Clear({ onClear }: { onClear: () => void }) {
  return (
    <button type="button" class="field-action" aria-label={t.clear} title={t.clear} onClick={onClear}>
      <Icon name="close" />
    </button>
  );
}

function HolderChoice({ holder, onChoose }: { holder: Holder; onChoose: () => void }) {
  return (
    <button type="button" class="pick" onClick={onChoose} data-testid="holder">
      <span class="pick-face" aria-hidden>
        {[...holder.owner][0]?.toUpperCase()}
      </span>
      <span class="pick-text">
        <span class="pick-name">{holder.owner}</span>
        <span class="pick-detail">
          @{holder.username} · {t.accountsCount(holder.accounts.length)}
        </span>
      </span>
      <Icon name="chevron" class="pick-arrow" />
    </button>
  );
}

function Aftermath({ desk, found }: { desk: Desk; found: Found }) {
  if (found.kind === 'failed') {
    return (
      <Banner
        tone="danger"
        role="alert"
        action={
          <Button small icon="retry" onClick={() => void desk.search.again()}>
            {t.tryAgain}
          </Button>
        }
      >
        {explain(found.error)}
      </Banner>
    );
  }
  if (found.kind === 'found' && found.holders.length === 0) {
    return (
      <EmptyState icon="person" title={t.nobody}>
        {t.nobodyText}
      </EmptyState>
    );
  }
  return found.kind === 'found' && found.more ? <p class="muted">{t.foundMore}</p> : null;
}

function message(found: Found): { hint: string; error?: string } {
  switch (found.kind) {
    case 'searching':
      return { hint: t.searching };
    case 'yourself':
      return { hint: '', error: t.searchYourself };
    case 'waiting':
      return ofQuery(found.query);
    default:
      return { hint: t.searchHint };
  }
}

function ofQuery(query: Query): { hint: string; error?: string } {
  switch (query.kind) {
    case 'short':
      return { hint: t.searchShort };
    case 'long':
      return { hint: '', error: t.searchLong };
    case 'digits':
      return { hint: t.searchDigits(query.digits) };
    case 'bad_clabe':
      return { hint: '', error: t.searchBadClabe };
    default:
      return { hint: t.searchHint };
  }
}
