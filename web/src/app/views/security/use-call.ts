import { useEffect, useRef, useState } from 'preact/hooks';

/** A call to the bank that a component makes for a person: whether it is under way, and why the last one failed. */
export interface Call {
  busy: boolean;
  error: unknown;
  /** Makes the call, unless one is under way; `done` gets its result if the component is still there. */
  run<R>(call: () => Promise<R>, done: (result: R) => void): void;
  /** Forgets the error, as when the person types on. */
  clear(): void;
}

export function useCall(): Call {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined });
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return {
    ...state,
    run(call, done) {
      if (state.busy) {
        return;
      }
      setState({ busy: true, error: undefined });
      call().then(
        (result) => {
          if (here.current) {
            setState({ busy: false, error: undefined });
            done(result);
          }
        },
        (error: unknown) => here.current && setState({ busy: false, error }),
      );
    },
    clear: () => state.error !== undefined && setState({ busy: false, error: undefined }),
  };
}
