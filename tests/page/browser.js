// Starts Debian's chromium for the tests of the page and for its picture.
'use strict';
const {chromium} = require('playwright-core');

const options = ['--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

// A new browser, with a profile of its own.
exports.start = () => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  headless: true,
  args: process.getuid() === 0 ? ['--no-sandbox', ...options] : options,
});
