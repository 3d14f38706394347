const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|OPT|OPiOS)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/(Chrome|CriOS|Chromium)\//, 'Chrome'], // also within HeadlessChrome
  [/\((Macintosh|iPhone|iPad|iPod).*\bSafari\//, 'Safari'],
  [/\bSafari\//, 'WebKit'], // everybody says Safari: only Apple makes it
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'Mac'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/**
 * A name for this device that its person will recognise in a list, such as `Firefox · Linux`; it can be changed later.
 * `touchPoints` as the browser's navigator tells them: an iPad says that it is a Mac, and no Mac has any.
 */
export function deviceName(userAgent: string, touchPoints = 0): string {
  const browser = browsers.find(([pattern]) => pattern.test(userAgent))?.[1];
  const found = systems.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = found === 'Mac' && touchPoints > 1 ? 'iPad' : found;
  return [browser, system].filter((part) => part !== undefined).join(' · ') || 'Web';
}
