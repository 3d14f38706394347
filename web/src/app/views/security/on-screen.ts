import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** useOnScreen says whether a part of the page is in sight, of a page that is itself in sight. */
export function useOnScreen(place: RefObject<HTMLElement | null>): boolean {
  const [within, setWithin] = useState(false);
  const [seen, setSeen] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return undefined;
    }
    const observer = new IntersectionObserver((entries) => setWithin(entries.at(-1)?.isIntersecting === true));
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  useEffect(() => {
    const look = () => setSeen(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return within && seen;
}
