import type { Bank } from '../../bank.ts';
import { movementsOf } from '../../movements.ts';
import { ListModel } from './list-model.ts';

/** How many accounts' lists keep their filter and place. */
const modelsMax = 8;

const ofBank = new WeakMap<Bank, Map<string, ListModel>>();

/** The list of an account's movements, as the person left it. A list of movements that was let go of begins anew. */
export function listModel(bank: Bank, account: { clabe: string; currency: string }): ListModel {
  let models = ofBank.get(bank);
  if (models === undefined) ofBank.set(bank, (models = new Map()));
  const movements = movementsOf(bank, account.clabe);
  let model = models.get(account.clabe);
  if (model?.world.movements !== movements) {
    model = new ListModel({
      account: account.clabe,
      currency: account.currency,
      movements,
      history: (request) => bank.client.history(request),
      nowUs: () => BigInt(Math.round(bank.client.serverNowMs())) * 1000n,
    });
    models.set(account.clabe, model);
    for (const oldest of models.keys()) {
      if (models.size <= modelsMax) break;
      models.delete(oldest);
    }
  }
  return model;
}
