import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** As long as the two presses of a double click may lie apart. */
const doubleClickMs = 500;

interface Step {
  /** Belongs on the step's heading, which gets the focus when the step is gone to. */
  readonly heading: RefObject<HTMLHeadingElement | null>;
  /** Belongs around the steps: the second press of a double click marks no text of the next one, nor takes its focus. */
  readonly onMouseDown: (event: MouseEvent) => void;
}

/** Follows the steps of a view: whoever goes on is taken to the new step's heading, at the top. */
export function useStep(step: string): Step {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(step);
  const steppedAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    steppedAt.current = performance.now();
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [step]);
  const onMouseDown = (event: MouseEvent) => {
    if (event.detail > 1 && performance.now() - steppedAt.current < doubleClickMs) event.preventDefault();
  };
  return { heading, onMouseDown };
}
