/** Bounds of a password in characters, after Unicode normalisation (NFC), as the bank counts them. */
export const charactersMin = 12;
export const charactersMax = 256;

/** What a person has typed so far. */
export interface Typed {
  old: string;
  next: string;
  repeat: string;
}

/** Whether each rule holds; "repeated" is undefined until there is something to compare. */
export interface Rules {
  characters: number;
  longEnough: boolean;
  notTooLong: boolean;
  different: boolean;
  repeated: boolean | undefined;
}

/** rules judges a new password as the bank will, so that it is refused here first, and says why. */
export function rules(typed: Typed): Rules {
  const next = typed.next.normalize('NFC');
  const repeat = typed.repeat.normalize('NFC');
  const characters = [...next].length;
  return {
    characters,
    longEnough: characters >= charactersMin,
    notTooLong: characters <= charactersMax,
    different: next !== '' && next !== typed.old.normalize('NFC'),
    repeated: repeat === '' ? undefined : next === repeat,
  };
}

/** ready says whether the form may be sent. */
export function ready(typed: Typed): boolean {
  const r = rules(typed);
  return typed.old !== '' && r.longEnough && r.notTooLong && r.different && r.repeated === true;
}
