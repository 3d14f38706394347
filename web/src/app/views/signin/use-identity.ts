import { useEffect, useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';

/** Whom this browser takes for the bank. */
export interface KnownIdentity {
  readonly fingerprint: string;
  /** When it was first met, by `Date.now()`; undefined where that is this very visit. */
  readonly sinceMs: number | undefined;
}

/** The bank's identity: as proven on this connection, or as remembered from before. */
export function useIdentity(): KnownIdentity | undefined {
  const { client, channel } = useBank();
  const [pin, setPin] = useState<{ fingerprint: string; sinceMs: number }>();
  const proven = channel.value?.fingerprint;
  useEffect(() => {
    let asked = true;
    client.pin().then(
      (found) => {
        if (asked) {
          setPin(found);
        }
      },
      () => undefined, // a store that cannot be read remembers nothing that could be shown
    );
    return () => {
      asked = false;
    };
  }, [client, proven]);
  if (proven !== undefined) {
    const since = pin?.fingerprint === proven && channel.value?.firstContact !== true ? pin.sinceMs : undefined;
    return { fingerprint: proven, sinceMs: since };
  }
  return pin;
}
