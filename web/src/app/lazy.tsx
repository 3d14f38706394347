import { Fragment, type ComponentChildren, type ComponentType, type FunctionComponent } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { BankContext } from './bank.ts';
import { Chunk, retryInMs } from './chunk.ts';
import { catalogue } from './i18n.ts';

const t = catalogue(
  'lazy',
  {
    loading: 'Cargando',
    failed: 'No se pudo cargar esta parte de la página',
    failedHint: 'Se intenta de nuevo en cuanto el banco contesta.',
    reload: 'Recargar la página',
  },
  {
    loading: 'Loading',
    failed: 'This part of the page could not be loaded',
    failedHint: 'It is tried again as soon as the bank answers.',
    reload: 'Reload the page',
  },
);

/** A component whose code is fetched when it is first shown, or before by `preload`. */
export type Lazy<P> = FunctionComponent<P & { onShown?: () => void }> & { preload: () => void };

/**
 * Makes a component of code in a chunk of its own. Until that is here nothing but a quiet stand-in is shown, within `Around`;
 * if it does not come, that is said, and it is asked for again while the bank answers. `onShown` is called whenever the
 * code is here and drawn.
 */
export function lazily<P extends object>(
  load: () => Promise<{ default: FunctionComponent<P> }>,
  Around: ComponentType<{ children: ComponentChildren }> = Fragment,
): Lazy<P> {
  const chunk = new Chunk(async () => (await load()).default);
  const LazyComponent = ({ onShown, ...props }: P & { onShown?: () => void }) => {
    const { code: Shown, failures } = chunk.state.value;
    const [before] = useState(failures); // of a preload: this is the first attempt that anybody waits for
    const kind = useContext(BankContext)?.link.value.kind;
    const away = kind === 'waiting' || kind === 'connecting';
    const failed = failures > before;
    useEffect(() => {
      if (failed && away) {
        return undefined;
      }
      const timer = setTimeout(() => void chunk.fetch(), failed ? retryInMs(failures) : 0);
      return () => clearTimeout(timer);
    }, [failed, failures, away]);
    useEffect(() => {
      if (Shown !== undefined) {
        onShown?.();
      }
    }, [Shown, onShown]);
    if (Shown !== undefined) {
      return <Shown {...(props as unknown as P)} />;
    }
    return <Around>{failed ? <Missing /> : <Coming />}</Around>;
  };
  return Object.assign(LazyComponent, { preload: () => void chunk.fetch() });
}

/** A quiet stand-in for a page. It appears only after a moment: what is quick never flickers. */
export function Coming() {
  return (
    <div class="skeleton" role="status">
      <h1 class="read">{t.loading}</h1>
      <div class="skeleton-line skeleton-figure" />
      <div class="skeleton-line" />
      <div class="skeleton-line" />
    </div>
  );
}

function Missing() {
  return (
    <div class="empty" role="alert">
      <h1 class="empty-title">{t.failed}</h1>
      <p class="empty-text">{t.failedHint}</p>
      <button type="button" class="button button-primary" onClick={() => location.reload()}>
        {t.reload}
      </button>
    </div>
  );
}
