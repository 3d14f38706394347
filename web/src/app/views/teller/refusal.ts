import { Code } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { explainCode } from '../../errors.ts';
import { t } from './text.ts';

/** refusal says why the bank refused, to whoever serves: what is said elsewhere speaks to the holder. */
export function refusal(code: Code): string {
  switch (code) {
    case Code.INSUFFICIENT_FUNDS:
      return t.refusedInsufficient;
    case Code.ACCOUNT_FROZEN:
      return t.frozenText;
    case Code.LIMIT_EXCEEDED:
      return t.refusedLimit;
    case Code.PERMISSION_DENIED:
      return t.refusedPermission;
    default:
      return explainCode(code);
  }
}
