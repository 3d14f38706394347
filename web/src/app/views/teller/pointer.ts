/**
 * byKeyboard says whether the hands are likely on a keyboard. By touch, the focus stays at the top of a step: further down it
 * would scroll away what is to be read, or bring up a keyboard of glass over half of the page.
 */
export function byKeyboard(): boolean {
  return !matchMedia('(pointer: coarse)').matches;
}
