import { equal } from "../channel/index.ts";
import { Code } from "../gen/caudal/v1/caudal_pb.ts";
import type { Connection } from "./connection.ts";
import { BankError, LinkError } from "./errors.ts";
import type { Session } from "./events.ts";
import { Setback, Stop } from "./failure.ts";
import { type Credentials, enrol, resume } from "./sign-in.ts";
import type { Store, StoredDevice } from "./store.ts";

/** Who is signed in, and the device that does it again after each loss. */
export class Sessions {
  #session: Session | undefined;
  #hasDevice: boolean | undefined;
  #enrolling = false;
  #resting = false;
  /** On which somebody is signed in. */
  #connection: Connection | undefined;

  constructor(
    private readonly options: { readonly bank: string; readonly store: Store; readonly deviceName: string },
    /** Called with each change of `session`. */
    private readonly changed: (session: Session | undefined) => void,
  ) {}

  get session(): Session | undefined {
    return this.#session;
  }

  /** Whether this browser has a device that signs in by itself; `undefined` until the store was read. */
  get hasDevice(): boolean | undefined {
    return this.#hasDevice;
  }

  /** Whether a connection is, or may soon be, somebody's. */
  get wanted(): boolean {
    return this.#hasDevice === true || this.#enrolling;
  }

  /** Whether somebody is signed in on this very connection. */
  standsOn(connection: Connection): boolean {
    return this.#connection === connection && !connection.ended;
  }

  /** The device of this browser, from the store. */
  async device(): Promise<StoredDevice | undefined> {
    const device = await this.options.store.readDevice(this.options.bank);
    this.#hasDevice = device !== undefined && !this.#resting;
    return device;
  }

  /**
   * Signs in with the device of this browser, where the bank enrolled one: it goes to no other identity. Throws `Setback`
   * and `Stop`; a device that the bank does not know is forgotten, and nobody is signed in then.
   */
  async resume(connection: Connection): Promise<void> {
    const device = await this.device();
    const strange = device !== undefined && !equal(connection.channel.identity, device.identity);
    if (device === undefined || strange || this.#enrolling || this.#resting) {
      if (strange) this.#hasDevice = false;
      this.#set(undefined);
      return;
    }
    try {
      const session = await resume(connection, device);
      this.#connection = connection;
      this.#set(session);
    } catch (error) {
      await this.#refused(error, device);
    }
  }

  async #refused(error: unknown, device: StoredDevice): Promise<void> {
    if (!(error instanceof BankError)) throw error;
    switch (error.code) {
      case Code.DEVICE_REVOKED:
        await this.forget(device.id);
        throw new Stop({ code: "device_revoked" });
      case Code.USER_CLOSED:
        await this.forget(device.id);
        throw new Stop({ code: "user_closed" });
      case Code.BAD_SIGNATURE: // what the bank says of a device that it does not have
        await this.forget(device.id);
        return;
    }
    throw new Setback("refused", error.retryAfterMs ?? 0);
  }

  /**
   * Registers or logs in on the connection. Rejects with `BankError`; with `LinkError` where somebody is signed in
   * already, or the connection ends; with `StoreError` where the device cannot be kept, which signs out again.
   */
  async enrol(connection: Connection, credentials: Credentials): Promise<Session> {
    if (this.standsOn(connection)) throw new LinkError("somebody is signed in already");
    const { session, device } = await enrol(connection, credentials, this.options.deviceName);
    try {
      await this.options.store.writeDevice(this.options.bank, device);
    } catch (error) {
      await connection.call({ case: "logout", value: { revokeDevice: true } }, "logout").catch(() => undefined);
      throw error;
    }
    this.#resting = false;
    if (connection.ended) throw new LinkError("the connection ended during the sign-in"); // the next one resumes
    this.#hasDevice = true;
    this.#connection = connection;
    this.#set(session);
    return session;
  }

  /** While somebody signs in by password, a new connection is left alone by the device. */
  set enrolling(on: boolean) {
    this.#enrolling = on;
  }

  /** Nobody is signed in any more, and the device stays without signing in, until the page is loaded again. */
  rest(): void {
    this.#resting = true;
    this.#hasDevice = false;
    this.leave();
  }

  /** Nobody is signed in any more; the device stays, and signs in again with the next connection. */
  leave(): void {
    this.#connection = undefined;
    this.#set(undefined);
  }

  /** Forgets a device of this browser with its key, and the session; without `id` it is gone from the store already. */
  async forget(id?: Uint8Array): Promise<void> {
    this.#hasDevice = false;
    this.leave();
    if (id !== undefined) await this.options.store.removeDevice(this.options.bank, id);
  }

  #set(session: Session | undefined): void {
    if (session === undefined && this.#session === undefined) return;
    this.#session = session;
    this.changed(session);
  }
}

