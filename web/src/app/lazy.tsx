import { signal } from '@preact/signals';
import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { catalogue } from './i18n.ts';

const t = catalogue(
  'lazy',
  {
    loading: 'Cargando',
    failed: 'No se pudo cargar esta parte de la página',
    failedHint: 'Revisa tu conexión. Si el banco se actualizó hace un momento, recarga la página.',
    reload: 'Recargar la página',
  },
  {
    loading: 'Loading',
    failed: 'This part of the page could not be loaded',
    failedHint: 'Check your connection. If the bank was updated a moment ago, reload the page.',
    reload: 'Reload the page',
  },
);

/** A component whose code is fetched when it is first shown, or before by `preload`. */
export type Lazy<P> = FunctionComponent<P & { onShown?: () => void }> & { preload: () => void };

/**
 * Makes a component of code in a chunk of its own. Until that is here nothing but a quiet stand-in is shown; if it does not
 * come, that is said, with a way on. `onShown` is called whenever the code is here and drawn.
 */
export function lazily<P extends object>(load: () => Promise<{ default: FunctionComponent<P> }>): Lazy<P> {
  const state = signal<{ shown?: FunctionComponent<P>; failed?: true }>({});
  let asked = false;
  const preload = () => {
    if (!asked) {
      asked = true;
      load().then(
        (module) => {
          state.value = { shown: module.default };
        },
        () => {
          state.value = { failed: true };
        },
      );
    }
  };
  const LazyComponent = ({ onShown, ...props }: P & { onShown?: () => void }) => {
    const { shown: Shown, failed } = state.value;
    useEffect(preload, []);
    useEffect(() => {
      if (Shown !== undefined) {
        onShown?.();
      }
    }, [Shown, onShown]);
    if (Shown !== undefined) {
      return <Shown {...(props as unknown as P)} />;
    }
    return failed === true ? <Missing /> : <Coming />;
  };
  return Object.assign(LazyComponent, { preload });
}

function Coming(): ComponentChildren {
  return (
    <div class="skeleton" role="status">
      <span class="read">{t.loading}</span>
    </div>
  );
}

function Missing(): ComponentChildren {
  return (
    <div class="empty" role="alert">
      <p class="empty-title">{t.failed}</p>
      <p class="empty-text">{t.failedHint}</p>
      <button type="button" class="button button-primary" onClick={() => location.reload()}>
        {t.reload}
      </button>
    </div>
  );
}
