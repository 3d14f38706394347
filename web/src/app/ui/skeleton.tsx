import { t } from './text.ts';

interface SkeletonProps {
  /** How many lines are being waited for. */
  lines?: number;
  /** As large as a figure. */
  figure?: boolean;
}

/** A quiet stand-in for what is being read. It appears only after a moment: what is quick never flickers. */
export function Skeleton({ lines = 1, figure }: SkeletonProps) {
  return (
    <div class="skeleton" role="status">
      <span class="read">{t.loading}</span>
      {figure === true && <div class="skeleton-line skeleton-figure" />}
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} class="skeleton-line" />
      ))}
    </div>
  );
}
