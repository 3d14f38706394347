/** How far beyond the screen an element counts as near: some twenty rows, which a fling takes a moment to reach. */
const margin = '1500px 0px';

type Told = (near: boolean) => void;

const told = new WeakMap<Element, Told>();
let observer: IntersectionObserver | undefined;

/**
 * Tells whether an element is near the screen, now and at each change. One that is hidden together with its page keeps
 * what it was told last. Returns how to stop.
 */
export function watchNear(element: Element, tell: Told): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, boundingClientRect: box } of entries) {
        if (isIntersecting || box.width > 0) told.get(target)?.(isIntersecting);
      }
    },
    { rootMargin: margin },
  );
  told.set(element, tell);
  observer.observe(element);
  return () => {
    told.delete(element);
    observer?.unobserve(element);
  };
}
