import type { Client, Order, OrderCommand } from '../../../caudal/index.ts';

interface Listeners {
  /** The bank has decided. */
  settled(order: Order): void;
  /** The order could not even be noted down: it was on no wire, and never will be. */
  failed(error: unknown): void;
}

/**
 * Gives an order. One that the client has noted down lives on where the client leaves before the answer, and may have been
 * carried out: whatever is thrown then is no failure, and the client's events say how it ends.
 */
export function giveOrder(client: Pick<Client, 'on' | 'order'>, command: OrderCommand, key: string, { settled, failed }: Listeners): void {
  let noted = false;
  const stop = client.on('order', (order) => {
    noted ||= order.key === key;
  });
  client
    .order(command, key)
    .then(settled, (error: unknown) => {
      if (!noted) failed(error);
    })
    .finally(stop);
}
