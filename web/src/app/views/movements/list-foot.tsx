import { useEffect, useRef } from 'preact/hooks';
import { explain } from '../../errors.ts';
import { count, day } from '../../format.ts';
import { Banner, Button, EmptyState, Skeleton } from '../../ui/index.ts';
import type { ListModel } from './list-model.ts';
import { everything } from './filter.ts';
import { t } from './text.ts';

/** What stands after the last movement: that it is the last, or how to get more, or that there are none. */
export function ListFoot({ model, hidden }: { model: ListModel; hidden: boolean }) {
  const source = model.source.value;
  const legs = source.legs.value;
  const complete = source.complete.value;
  const loading = source.loading.value;
  const error = source.error.value;
  const searching = model.searching.value;
  const sentinel = useRef<HTMLDivElement>(null);
  // While searching, a look that found enough goes on when the person comes to its end; one that did not waits to be asked.
  const goesOn = !complete && error === undefined && (!searching || model.lookEnd.value === 'enough');
  useEffect(() => {
    const element = sentinel.current;
    if (element === null || hidden || !goesOn || loading) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void model.further();
      },
      { rootMargin: '600px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [model, source, goesOn, loading, hidden, legs.length]);

  if (error !== undefined && !loading) {
    return (
      <Banner
        tone="caution"
        title={t.loadFailed}
        action={
          <Button small icon="retry" onClick={() => void model.further()}>
            {t.retry}
          </Button>
        }
      >
        {explain(error)}
      </Banner>
    );
  }
  return (
    <div class="mov-foot" ref={sentinel}>
      {searching ? <SearchReach model={model} /> : <PlainReach model={model} />}
      {!searching && !complete && legs.length > 0 && (
        <Button busy={loading} onClick={() => void model.further()}>
          {t.loadMore}
        </Button>
      )}
    </div>
  );
}

function PlainReach({ model }: { model: ListModel }) {
  const source = model.source.value;
  const dated = model.filter.value.firstDay !== '' || model.filter.value.lastDay !== '';
  if (source.legs.value.length === 0) {
    if (!source.complete.value) return <Skeleton lines={6} />;
    return dated ? <NoMatch model={model} /> : <EmptyState icon="movements" title={t.none}>{t.noneText}</EmptyState>;
  }
  return source.complete.value ? <p class="mov-end">{dated ? t.rangeEnd : t.theEnd}</p> : null;
}

function SearchReach({ model }: { model: ListModel }) {
  const source = model.source.value;
  const legs = source.legs.value;
  const complete = source.complete.value;
  const looking = model.looking.value;
  const matches = model.shown.value.length;
  const oldest = legs.at(-1);
  const looked = count(legs.length);
  return (
    <>
      {matches === 0 && !looking && (complete ? <NoMatch model={model} /> : <EmptyState icon="search" title={t.noMatchYet} />)}
      <p class="mov-end" role="status">
        {matches > 0 && `${matches === 1 ? t.foundOne : t.found(count(matches))}. `}
        {looking ? t.looking : complete || !oldest ? t.lookedAll(looked) : t.lookedBack(day(oldest.atUs), looked)}
      </p>
      {!complete && (
        <Button icon="search" busy={looking} onClick={() => void model.further()}>
          {t.lookFurther}
        </Button>
      )}
    </>
  );
}

function NoMatch({ model }: { model: ListModel }) {
  return (
    <EmptyState
      icon="search"
      title={t.noMatch}
      action={<Button onClick={() => model.setFilter(everything)}>{t.clearFilters}</Button>}
    >
      {t.noMatchText}
    </EmptyState>
  );
}
