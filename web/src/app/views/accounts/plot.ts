import type uPlot from 'uplot';
import { moneyParts } from '../../format.ts';
import { language } from '../../i18n.ts';
import { moneyLabels, timeLabels } from './axes.ts';
import { pointAt, type Series, thin } from './series.ts';

/** Colours of the design language as the canvas understands them. */
interface Colours {
  line: string;
  top: string;
  bottom: string;
  grid: string;
  text: string;
  surface: string;
}

/** The time axis shows this long at least, in microseconds: an account that has just been opened is not drawn in milliseconds. */
const spanMin = 600_000_000;

/** A time's column is this wide at least; an amount's row this high. In the page's own pixels at the usual size. */
const columnPx = 84;
const rowPx = 52;

/**
 * The line of a balance on a canvas. Whatever asks it to draw again - data, size, theme, language - it does so at most once
 * a frame, and it gives the canvas no more points than its pixels can show.
 */
export class Plot {
  readonly #plot: uPlot;
  readonly #marker = document.createElement('div');
  readonly #observer: ResizeObserver;
  #colours: Colours;
  #frame = 0;
  #dirty = { data: true, size: false };
  #pointedUs: number | undefined;
  /** The time under it was chosen exactly, by the keyboard: where the canvas rounds it to does not count. */
  #exact = false;

  /** Loads the library and draws into host, whose size the plot takes. onPoint is told the time under the pointer. */
  static async open(host: HTMLElement, line: Series, currency: string, onPoint: (us: number | undefined) => void): Promise<Plot> {
    const { default: UPlot } = await import('uplot');
    return new Plot(UPlot, host, line, currency, onPoint);
  }

  private constructor(
    library: typeof uPlot,
    private readonly host: HTMLElement,
    private line: Series,
    private currency: string,
    private readonly onPoint: (us: number | undefined) => void,
  ) {
    this.#colours = colours(host);
    this.#plot = new library(this.#options(library), [[], []], host);
    this.#marker.className = 'chart-marker';
    this.#marker.hidden = true;
    this.#plot.over.append(this.#marker);
    const touched = (event: PointerEvent): void => {
      this.#exact = false;
      if (event.pointerType !== 'mouse') this.#moveTo(event.clientX - this.#plot.over.getBoundingClientRect().left);
    };
    this.#plot.over.addEventListener('pointerdown', touched);
    this.#plot.over.addEventListener('pointermove', touched);
    this.#observer = new ResizeObserver(() => {
      this.#dirty.size = true;
      this.#plan();
    });
    this.#observer.observe(host);
    this.#plan();
  }

  /** Shows another line, in the next frame. */
  show(line: Series, currency: string): void {
    this.line = line;
    this.currency = currency;
    this.#dirty.data = true;
    this.#plan();
  }

  /** Takes the colours and words of the page anew: after a change of theme or language. */
  restyle(): void {
    this.#dirty.size = true;
    this.#plan();
  }

  /** Points to a time exactly, without telling onPoint; undefined to nothing. */
  point(us: number | undefined): void {
    this.#exact = true;
    this.#pointedUs = us;
    this.#moveTo(us === undefined ? -10 : this.#plot.valToPos(us / 1000, 'x'));
  }

  /** Takes the plot away. */
  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#plot.destroy();
  }

  #plan(): void {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    if (this.#dirty.size) {
      this.#colours = colours(this.host);
      this.#plot.setSize({ width: this.host.clientWidth, height: this.host.clientHeight });
    }
    if (this.#dirty.data || this.#dirty.size) {
      const columns = Math.max(1, Math.round(this.#plot.over.clientWidth));
      const points = thin(this.line.points, this.#startUs(), this.line.untilUs, columns);
      this.#plot.setData([
        points.map((point) => point.atUs / 1000),
        points.map((point) => this.#major(point.balanceMinor)),
      ]);
    }
    this.#dirty = { data: false, size: false };
    this.#mark();
  }

  /** Close enough for a pixel; every figure in words comes from the exact one. */
  #major(amountMinor: bigint): number {
    return Number(amountMinor) / 10 ** moneyParts(0n, this.currency).decimals.length;
  }

  #moveTo(left: number): void {
    this.#plot.setCursor({ left, top: left < 0 ? -10 : 0 });
  }

  #pointed(): void {
    if (this.#exact) return this.#mark();
    const left = this.#plot.cursor.left ?? -1;
    this.#pointedUs = left < 0 ? undefined : this.#plot.posToVal(left, 'x') * 1000;
    this.#mark();
    this.onPoint(this.#pointedUs);
  }

  /** Puts the marker on the line: the line is level until its next step, so it stands where the pointer is. */
  #mark(): void {
    const us = this.#pointedUs === undefined ? undefined : Math.max(this.#pointedUs, this.line.fromUs);
    const point = us === undefined ? undefined : this.line.points[pointAt(this.line.points, us)];
    this.#marker.hidden = point === undefined;
    if (us === undefined || point === undefined) return;
    const x = this.#plot.valToPos(us / 1000, 'x');
    const y = this.#plot.valToPos(this.#major(point.balanceMinor), 'y');
    this.#marker.style.transform = `translate(${x}px, ${y}px)`;
  }

  #options(library: typeof uPlot): uPlot.Options {
    const stepped = library.paths.stepped?.({ align: 1 });
    const size = rootPx();
    const axis = (): Partial<uPlot.Axis> => ({
      stroke: () => this.#colours.text,
      font: `${0.75 * size}px ${getComputedStyle(this.host).fontFamily}`,
      ticks: { show: false },
    });
    return {
      width: this.host.clientWidth,
      height: this.host.clientHeight,
      ms: 1,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      padding: [size, 0, 0, 0],
      scales: { x: { range: () => [this.#startUs() / 1000, this.line.untilUs / 1000] }, y: { range: moneyRange } },
      series: [
        {},
        {
          stroke: () => this.#colours.line,
          fill: (plot) => this.#water(plot),
          width: 2,
          points: { show: false },
          ...(stepped !== undefined && { paths: stepped }),
        },
      ],
      axes: [
        {
          ...axis(),
          grid: { show: false },
          space: (columnPx / 16) * size,
          size: 2 * size,
          values: (_plot, splits, _axis, _space, step) => {
            const whole = splits.map((ms) => this.#leftOf(ms) > 1.5 * size);
            return timeLabels(splits, step, language.peek()).map((label, i) => (whole[i] === true ? label : ''));
          },
        },
        {
          ...axis(),
          side: 1,
          gap: 8,
          grid: { stroke: () => this.#colours.grid, width: 1 },
          space: (rowPx / 16) * size,
          size: (plot, values) => labelWidth(plot, values ?? [], size),
          values: (_plot, splits, _axis, _space, step) => moneyLabels(splits, step, this.currency, language.peek()),
        },
      ],
      hooks: { setCursor: [() => this.#pointed()], draw: [(plot) => this.#end(plot)] },
    };
  }

  /** Where a time lies, in pixels from the left: a label too near to it would be cut. */
  #leftOf(ms: number): number {
    const start = this.#startUs();
    return ((ms * 1000 - start) / (this.line.untilUs - start)) * this.host.clientWidth;
  }

  /** Where the time axis begins. */
  #startUs(): number {
    return Math.min(this.line.fromUs, this.line.untilUs - spanMin);
  }

  /** The water below the line fades out before the bottom: the axis need not begin at nothing. */
  #water(plot: uPlot): CanvasGradient {
    const { top, height } = plot.bbox;
    const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
    gradient.addColorStop(0, this.#colours.top);
    gradient.addColorStop(1, this.#colours.bottom);
    return gradient;
  }

  /** A dot where the line is now. */
  #end(plot: uPlot): void {
    const last = this.line.points.at(-1);
    if (!last) return;
    const { ctx } = plot;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.arc(plot.valToPos(last.atUs / 1000, 'x', true), plot.valToPos(this.#major(last.balanceMinor), 'y', true), 4 * scale, 0, 2 * Math.PI);
    ctx.fillStyle = this.#colours.line;
    ctx.strokeStyle = this.#colours.surface;
    ctx.lineWidth = 2 * scale;
    ctx.stroke();
    ctx.fill();
    ctx.restore();
  }
}

/** Room around the line; a balance that was never below nothing has none below it. */
function moneyRange(_plot: uPlot, low: number | null, high: number | null): [number, number] {
  const from = low ?? 0;
  const to = high ?? 0;
  const room = to > from ? (to - from) * 0.12 : Math.max(Math.abs(to) * 0.1, 1);
  return [from >= 0 ? Math.max(0, from - room) : from - room, to + room];
}

function labelWidth(plot: uPlot, values: readonly string[], size: number): number {
  plot.ctx.save();
  plot.ctx.font = `${0.75 * size * devicePixelRatio}px system-ui`;
  const widest = Math.max(0, ...values.map((value) => plot.ctx.measureText(value).width / devicePixelRatio));
  plot.ctx.restore();
  return Math.ceil(widest) + size;
}

function rootPx(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** Reads the design language's colours where they apply: a canvas knows neither custom properties nor light-dark(). */
function colours(host: HTMLElement): Colours {
  const probe = document.createElement('span');
  probe.hidden = true;
  host.append(probe);
  const read = (value: string): string => {
    probe.style.color = value;
    return getComputedStyle(probe).color;
  };
  const found = {
    line: read('var(--accent)'),
    top: read('color-mix(in oklch, var(--accent) 20%, transparent)'),
    bottom: read('color-mix(in oklch, var(--accent) 1%, transparent)'),
    grid: read('var(--line)'),
    text: read('var(--text-muted)'),
    surface: read('var(--surface)'),
  };
  probe.remove();
  return found;
}
