import { useEffect, useRef, useState } from 'preact/hooks';
import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { retryInMs } from '../../chunk.ts';
import { dateTime, money, signedMoney } from '../../format.ts';
import { language } from '../../i18n.ts';
import { theme } from '../../theme.ts';
import { Banner } from '../../ui/index.ts';
import { kindName, otherSide } from '../movements/kinds.ts';
import { pointTime } from './axes.ts';
import type { Plot } from './plot.ts';
import { type Point, pointAt, type Series } from './series.ts';
import { t } from './text.ts';

interface ChartCanvasProps {
  line: Series;
  currency: string;
  /** Signed; said while nothing is pointed at. Undefined while the movements are not here. */
  changeMinor: bigint | undefined;
}

/**
 * The canvas, and above it the exact values of what is pointed at. For the keyboard and assistive technology it is a slider
 * over the movements.
 */
export function ChartCanvas({ line, currency, changeMinor }: ChartCanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<{ us: number; leg?: Leg | undefined } | undefined>();
  const { failed, plot } = usePlot(host, line, currency, (us) => setPointed(us === undefined ? undefined : { us }));
  const last = line.points.length - 1;
  const at = pointed === undefined ? last : pointAt(line.points, pointed.us, pointed.leg);
  const point = line.points[at];
  const go = (target: Point | undefined): void => {
    setPointed(target === undefined ? undefined : { us: target.atUs, leg: target.leg });
    plot.current?.point(target?.atUs);
  };
  return (
    <>
      <p class="chart-read figures" aria-hidden>
        {pointed === undefined || point === undefined ? (
          <>
            <strong>{changeMinor === undefined ? '–' : signedMoney(changeMinor, currency)}</strong>
            <span>{t.change}</span>
          </>
        ) : (
          <Readout {...{ point, currency }} />
        )}
      </p>
      {failed && <Banner tone="caution" title={t.chartFailed} />}
      <div
        ref={host}
        class="chart-canvas"
        role="slider"
        tabIndex={0}
        aria-label={`${t.chart}. ${t.chartKeys}`}
        aria-valuemin={0}
        aria-valuemax={Math.max(last, 0)}
        aria-valuenow={Math.max(at, 0)}
        aria-valuetext={point === undefined ? '' : said(point, currency, at === 0)}
        onKeyDown={(event) => {
          const to = keyTarget(event.key, at, last);
          if (to !== undefined) {
            event.preventDefault();
            go(line.points[Math.min(Math.max(to, 0), last)]);
          } else if (event.key === 'Escape') {
            go(undefined);
          }
        }}
        onBlur={() => go(undefined)}
      />
    </>
  );
}

function Readout({ point, currency }: { point: Point; currency: string }) {
  const { leg } = point;
  return (
    <>
      <strong>{money(point.balanceMinor, currency)}</strong>
      <span>
        {pointTime(point.atUs, language.value)}
        {leg !== undefined && ` · ${signedMoney(leg.amountMinor, currency)} · ${otherSide(leg) || kindName(leg.kind)}`}
      </span>
    </>
  );
}

/** A point in words, for assistive technology. */
function said(point: Point, currency: string, first: boolean): string {
  const balance = money(point.balanceMinor, currency);
  const when = dateTime(BigInt(point.atUs));
  const { leg } = point;
  if (leg !== undefined) {
    return t.pointAt(balance, when, signedMoney(leg.amountMinor, currency), otherSide(leg) || kindName(leg.kind));
  }
  return first ? t.beginsAt(balance, when) : t.nowAt(balance, when);
}

/** Where a key leads from point `at`; undefined where it means nothing here. */
function keyTarget(key: string, at: number, last: number): number | undefined {
  const leap = Math.max(1, Math.round(last / 10));
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return at - 1;
    case 'ArrowRight':
    case 'ArrowUp':
      return at + 1;
    case 'PageDown':
      return at - leap;
    case 'PageUp':
      return at + leap;
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

/** The plot in a host: loaded once, and again where that failed, shown each new line, in the page's colours and language. */
function usePlot(
  host: { readonly current: HTMLDivElement | null },
  line: Series,
  currency: string,
  onPoint: (us: number | undefined) => void,
): { plot: { readonly current: Plot | undefined }; failed: boolean } {
  const plot = useRef<Plot | undefined>(undefined);
  const newest = useRef({ line, currency });
  newest.current = { line, currency };
  const [failures, setFailures] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const { kind } = useBank().link.value;
  useEffect(() => {
    if (failures === 0 || kind !== 'live') {
      return undefined;
    }
    const timer = setTimeout(() => setAttempt(failures), retryInMs(failures));
    return () => clearTimeout(timer);
  }, [failures, kind]);
  useEffect(() => {
    let left = false;
    const open = async (): Promise<void> => {
      const { Plot } = await import('./plot.ts');
      if (left || host.current === null) return;
      const opened = await Plot.open(host.current, newest.current.line, newest.current.currency, onPoint);
      if (left) opened.close();
      else plot.current = opened;
      plot.current?.show(newest.current.line, newest.current.currency);
      setFailures(0);
    };
    open().catch(() => setFailures((n) => n + 1));
    return () => {
      left = true;
      plot.current?.close();
      plot.current = undefined;
    };
  }, [attempt]);
  useEffect(() => plot.current?.show(line, currency), [line, currency]);
  const chosenTheme = theme.value;
  const spoken = language.value;
  useEffect(() => plot.current?.restyle(), [chosenTheme, spoken]);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const restyle = (): void => plot.current?.restyle();
    dark.addEventListener('change', restyle);
    return () => dark.removeEventListener('change', restyle);
  }, []);
  return { plot, failed: failures > 0 };
}
