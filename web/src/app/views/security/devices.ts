import { DeviceAlgorithm, type Device } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { hex } from './key-print.ts';

/** deviceId is a device's id as text, to compare and to use as a key. */
export function deviceId(device: Pick<Device, 'id'>): string {
  return hex(device.id);
}

/** inOrder returns this device first, then the others by when they were last seen, the latest first. */
export function inOrder(devices: readonly Device[]): Device[] {
  return devices.toSorted((a, b) => {
    if (a.current !== b.current) {
      return a.current ? -1 : 1;
    }
    return Number(b.lastSeenAtUs - a.lastSeenAtUs) || compare(deviceId(a), deviceId(b));
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** algorithmName is the name that the field uses, the same in every language. */
export function algorithmName(algorithm: DeviceAlgorithm): string {
  switch (algorithm) {
    case DeviceAlgorithm.ED25519:
      return 'Ed25519';
    case DeviceAlgorithm.ECDSA_P256:
      return 'ECDSA P-256, SHA-256';
    default:
      return '?';
  }
}

/**
 * Newcomers tells which devices appeared since it last looked. What is there at the first look is known already, and so is
 * the device that the person is holding.
 */
export class Newcomers {
  #known: Set<string> | undefined;

  /** among returns the devices that were not there at the look before. */
  among(devices: readonly Device[]): Device[] {
    const known = this.#known;
    this.#known = new Set([...(known ?? []), ...devices.map(deviceId)]);
    return known ? devices.filter((d) => !d.current && !known.has(deviceId(d))) : [];
  }

  /** forget starts anew: another person has signed in. */
  forget(): void {
    this.#known = undefined;
  }
}
