import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceName } from '../../src/app/device-name.ts';

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const apple = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const linux = 'Mozilla/5.0 (X11; Linux x86_64)';
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)';
const ipad = 'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X)';
const android = 'Mozilla/5.0 (Linux; Android 10; K)';

test('a device is named for its browser and its system', () => {
  const cases: readonly (readonly [string, string])[] = [
    [`${linux} ${webkit} Chrome/138.0.0.0 Safari/537.36`, 'Chrome · Linux'],
    [`${linux} ${webkit} HeadlessChrome/138.0.0.0 Safari/537.36`, 'Chrome · Linux'],
    [`${linux} ${webkit} Ubuntu Chromium/138.0.0.0 Chrome/138.0.0.0 Safari/537.36`, 'Chrome · Linux'],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/138.0.0.0 Safari/537.36`, 'Chrome · ChromeOS'],
    [`${android} ${webkit} Chrome/138.0.0.0 Mobile Safari/537.36`, 'Chrome · Android'],
    [`${iphone} ${apple} CriOS/138.0.7204.53 Mobile/15E148 Safari/604.1`, 'Chrome · iPhone'],
    [`${windows} ${webkit} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0`, 'Edge · Windows'],
    [`${android} ${webkit} Chrome/138.0.0.0 Mobile Safari/537.36 EdgA/138.0.0.0`, 'Edge · Android'],
    [`${iphone} ${apple} Version/18.0 EdgiOS/138.0.3351.55 Mobile/15E148 Safari/605.1.15`, 'Edge · iPhone'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox · Linux'],
    ['Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'Firefox · Android'],
    [`${ipad} ${apple} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`, 'Firefox · iPad'],
    [`${mac} ${apple} Version/18.5 Safari/605.1.15`, 'Safari · Mac'],
    [`${iphone} ${apple} Version/18.5 Mobile/15E148 Safari/604.1`, 'Safari · iPhone'],
    [`${windows} ${webkit} Chrome/137.0.0.0 Safari/537.36 OPR/121.0.0.0`, 'Opera · Windows'],
    [`${android} ${webkit} Chrome/137.0.0.0 Mobile Safari/537.36 OPR/90.0.0.0`, 'Opera · Android'],
    [`${iphone} ${apple} Version/18.5 Mobile/15E148 Safari/604.1 OPT/5.6.0`, 'Opera · iPhone'],
    [`${android} ${webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 'Samsung Internet · Android'],
    [`${linux} ${apple} Version/18.0 Safari/605.1.15`, 'WebKit · Linux'],
    ['something else', 'Web'],
    ['', 'Web'],
  ];
  for (const [userAgent, name] of cases) {
    assert.equal(deviceName(userAgent), name, userAgent);
  }
});

test('a tablet that asks for the pages of a desk is told from a Mac by its touch screen', () => {
  const asked = `${mac} ${apple} Version/18.5 Safari/605.1.15`;
  assert.equal(deviceName(asked, 5), 'Safari · iPad');
  assert.equal(deviceName(asked, 0), 'Safari · Mac');
});
