import { BankError, type Payee } from '../../../caudal/index.ts';
import type { Payee as Typed } from './payee.ts';

/** Whom the field names, as far as the bank has said. Only `found` lets money go anywhere. */
export type Lookup =
  /** Nothing to ask. */
  | { readonly kind: 'idle' }
  /** About to ask, asking, or waiting for the connection to ask over. */
  | { readonly kind: 'asking' }
  | { readonly kind: 'found'; readonly payee: Payee; readonly username: string | undefined }
  | { readonly kind: 'not_found' }
  /** Asked too often; asked again by itself at `retryAtMs`. */
  | { readonly kind: 'rate_limited'; readonly retryAtMs: number }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What a look-up is of: never the digits as somebody types them, only what is complete. */
type Name = { readonly clabe: string } | { readonly username: string };

/** What the look-ups stand on, so that tests bring their own time. */
export interface LookupParts {
  resolve(name: Name): Promise<Payee>;
  /** Whether the bank can be asked now. */
  live(): boolean;
  changed(lookup: Lookup): void;
  nowMs(): number;
  /** Runs `f` after `ms`; the function returned forgets it. */
  after(ms: number, f: () => void): () => void;
}

/** A username is complete when its writer pauses; a CLABE when its check digit is right. */
const pauseMs = 600;
/** Where the bank does not say how long to wait. */
const defaultRetryMs = 5_000;

/**
 * Asks the bank whom the payee field names: once for each name, the newest name only. What could not be asked because the
 * connection was cut is asked when it is back; `found` and `not_found` are kept until the name changes, and so is the CLABE
 * that a username stood for.
 */
export class PayeeLookup {
  #lookup: Lookup = { kind: 'idle' };
  #name: Name | undefined;
  #turn = 0;
  #inFlight = false;
  #cancel: () => void = () => {};

  constructor(private readonly parts: LookupParts) {}

  /** Takes what the field holds now. The same name again changes nothing. */
  take(typed: Typed): void {
    const name = nameOf(typed);
    if (same(name, this.#name)) return;
    this.#drop();
    this.#name = name;
    if (name === undefined) return this.#set({ kind: 'idle' });
    this.#set({ kind: 'asking' });
    if ('clabe' in name) this.#ask(name);
    else this.#cancel = this.parts.after(pauseMs, () => this.#ask(name));
  }

  /** Asks now for what is not answered: the writer left the field, the connection is back, or somebody said "try again". */
  now(): void {
    const name = this.#name;
    if (name === undefined || this.#inFlight || this.#lookup.kind === 'found' || this.#lookup.kind === 'not_found') return;
    if (this.#lookup.kind === 'rate_limited' && this.parts.nowMs() < this.#lookup.retryAtMs) return;
    this.#drop();
    this.#ask(name);
  }

  /** Forgets everything; nothing is called after it. */
  close(): void {
    this.#drop();
    this.#name = undefined;
  }

  #ask(name: Name): void {
    this.#set({ kind: 'asking' });
    if (!this.parts.live()) return; // now() is called when it is
    const turn = ++this.#turn;
    this.#inFlight = true;
    this.parts.resolve(name).then(
      (payee) => {
        if (turn !== this.#turn) return;
        this.#inFlight = false;
        this.#set({ kind: 'found', payee, username: 'username' in name ? name.username : undefined });
      },
      (error: unknown) => {
        if (turn !== this.#turn) return;
        this.#inFlight = false;
        this.#refused(name, error);
      },
    );
  }

  #refused(name: Name, error: unknown): void {
    if (!(error instanceof BankError)) return this.#set(this.parts.live() ? { kind: 'failed', error } : { kind: 'asking' });
    if (error.name_ === 'not_found') return this.#set({ kind: 'not_found' });
    if (error.name_ !== 'rate_limited') return this.#set({ kind: 'failed', error });
    const waitMs = error.retryAfterMs ?? defaultRetryMs;
    this.#set({ kind: 'rate_limited', retryAtMs: this.parts.nowMs() + waitMs });
    this.#cancel = this.parts.after(waitMs, () => this.#ask(name));
  }

  /** Makes whatever is on its way count no more. */
  #drop(): void {
    this.#turn++;
    this.#inFlight = false;
    this.#cancel();
    this.#cancel = () => {};
  }

  #set(lookup: Lookup): void {
    if (lookup.kind === 'idle' && this.#lookup.kind === 'idle') return;
    this.#lookup = lookup;
    this.parts.changed(lookup);
  }
}

function nameOf(typed: Typed): Name | undefined {
  if (typed.kind === 'clabe') return { clabe: typed.clabe };
  if (typed.kind === 'username') return { username: typed.username };
  return undefined;
}

function same(a: Name | undefined, b: Name | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if ('clabe' in a) return 'clabe' in b && a.clabe === b.clabe;
  return 'username' in b && a.username === b.username;
}
