// Draws a page for the eye: picture.js PAGE OUT.png [light|dark] [width] [height|full] [scale]
'use strict';
const {start} = require('./browser');
const [page, out, scheme = 'light', width = '1280', height = 'full', scale = '1'] =
  process.argv.slice(2);

(async () => {
  const browser = await start();
  const tab = await browser.newPage({
    colorScheme: scheme,
    deviceScaleFactor: Number(scale),
    viewport: {width: Number(width), height: height === 'full' ? 900 : Number(height)},
  });
  await tab.goto(`file://${require('path').resolve(page)}`);
  if (out.endsWith('.pdf')) await tab.pdf({path: out, preferCSSPageSize: true, format: 'A4'});
  else await tab.screenshot({path: out, fullPage: height === 'full'});
  await browser.close();
})().catch((error) => { console.error(error.message); process.exit(1); });
