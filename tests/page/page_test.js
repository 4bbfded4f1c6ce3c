// Looks at review pages in chromium and prints TAP: page_test.js FOLDER [strict]
//
// FOLDER holds demo.html, compared.html, clean.html, stopped.html, hostile.html and
// large.html. With `strict` the time to the first paint counts, too; without, it is only told.
'use strict';
const fs = require('fs');
const path = require('path');
const {start} = require('./browser');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [folder, strict] = process.argv.slice(2);
const pages = ['demo', 'compared', 'clean', 'stopped', 'hostile', 'large'];
const MOST_BYTES = 3000000;
const FIRST_PAINT = 2000;
// What fits between the margins of converter/page/page.css, at 96 dots an inch.
const paper = {A4: {upright: 688, lying: 1031}, Letter: {upright: 709, lying: 964}};

let number = 0;
let failed = false;

function ok(good, what, why) {
  number += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${number} - ${what}`);
  if (!good) {
    failed = true;
    String(why === undefined ? '' : why).split('\n').slice(0, 20)
      .forEach((line) => console.log(`# ${line}`));
  }
}

const urlOf = (name) => `file://${path.resolve(folder, name)}.html`;

// A tab with the page, and all that it did that a page must not do.
async function open(browser, name, options) {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  const deeds = [];
  tab.on('request', (request) => {
    if (request.url() !== urlOf(name)) deeds.push(`request: ${request.url()}`);
  });
  tab.on('console', (message) => deeds.push(`console: ${message.text()}`));
  tab.on('pageerror', (error) => deeds.push(`error: ${error.message}`));
  tab.on('dialog', (dialog) => { deeds.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  tab.on('popup', () => deeds.push('a new window'));
  await tab.goto(urlOf(name));
  return {tab, deeds, close: () => context.close()};
}

const openAll = (tab) => tab.evaluate(() =>
  document.querySelectorAll('details').forEach((d) => { d.open = true; }));

const rowsShown = (tab) => tab.evaluate(() =>
  Array.from(document.querySelectorAll('.lines tbody tr'))
    .filter((row) => !row.hidden && !row.closest('article').hidden)
    .map((row) => ({
      severity: row.dataset.severity,
      code: row.closest('article').dataset.code,
      text: row.textContent,
    })));

async function violations(tab, most) {
  await tab.evaluate(axe);
  return tab.evaluate(async (limit) => {
    // Of a table with hundreds of like rows the first ones will do.
    document.querySelectorAll('tbody').forEach((body) => {
      while (body.rows.length > limit) body.deleteRow(limit);
    });
    const result = await window.axe.run(document, {resultTypes: ['violations']});
    return result.violations.map((v) =>
      `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)).join(' | ')}`);
  }, most);
}

// Everything that is wider than the view and does not scroll by itself.
const tooWide = (tab, selector) => tab.evaluate((part) => {
  const limit = document.documentElement.clientWidth + 1;
  const wide = Array.from(document.querySelectorAll(part))
    .filter((e) => e.getClientRects().length > 0 && e.getBoundingClientRect().right > limit)
    .map((e) => `${e.tagName}.${e.className} ends at ${Math.round(e.getBoundingClientRect().right)}`);
  return wide;
}, selector);

async function testQuiet(browser, name) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(browser, name, {colorScheme});
    await openAll(page.tab);
    const found = await violations(page.tab, 40);
    ok(found.length === 0, `${name}, ${colorScheme}: axe-core finds no violation`, found.join('\n'));
    ok(page.deeds.length === 0, `${name}, ${colorScheme}: no request, error, message or dialog`,
      page.deeds.join('\n'));
    await page.close();
  }
}

// Parts 1 to 6 of the page, and how to tell that they are there.
const parts = {
  verdict: '#verdict h1',
  origin: '#origin .facts dd',
  files: '#files tbody tr:nth-child(3) svg.bar rect',
  problems: '#problems article dl.advice dd',
  lines: '#problems .lines tbody td',
  schools: '#schools .schools tbody td',
  grades: '#schools .grades svg rect',
  preview: '#preview .preview tbody td',
};

async function testWithoutScript(browser) {
  const page = await open(browser, 'demo', {javaScriptEnabled: false});
  for (const [name, selector] of Object.entries(parts)) {
    const count = await page.tab.locator(selector).count();
    ok(count > 0, `without script: ${name} is there`, `nothing fits ${selector}`);
  }
  ok(!(await page.tab.locator('#filters').isVisible()), 'without script: no filters that do nothing');
  const summary = page.tab.locator('#preview details').nth(3);
  await summary.locator('summary').click();
  ok(await summary.locator('td').first().isVisible(), 'without script: a closed list opens');
  await page.close();
}

async function testFilters(browser) {
  const page = await open(browser, 'demo', {});
  const {tab} = page;
  const total = (await rowsShown(tab)).length;
  const choose = async (name, value) => {
    await tab.selectOption(`#filter-${name}`, value);
    const rows = await rowsShown(tab);
    return rows;
  };
  ok(total === 10, 'filters: all lines are shown at first', total);
  let rows = await choose('severity', 'error');
  ok(rows.length === 1 && rows[0].severity === 'error', 'filters: by severity', JSON.stringify(rows));
  await tab.click('#filter-clear');
  ok((await rowsShown(tab)).length === total, 'filters: cleared');
  rows = await choose('code', 'rejected_member');
  ok(rows.length === 3 && rows.every((r) => r.code === 'rejected_member'), 'filters: by code',
    JSON.stringify(rows));
  await tab.click('#filter-clear');
  rows = await choose('school', 'Otter Creek High School');
  ok(rows.length === 2 && rows.every((r) => r.text.includes('Otter Creek')), 'filters: by school',
    JSON.stringify(rows));
  rows = await choose('file', 'Student.csv');
  ok(rows.length === 1 && rows[0].code === 'unknown_grade', 'filters: by school and file',
    JSON.stringify(rows));
  await tab.click('#filter-clear');
  await tab.fill('#filter-text', 'SECONDARY email');
  await tab.waitForFunction(() => /1 of the 10/.test(document.getElementById('filter-state').textContent));
  rows = await rowsShown(tab);
  ok(rows.length === 1 && rows[0].code === 'invalid_email', 'filters: by text', JSON.stringify(rows));
  ok(await tab.locator('article[data-code=missing_required]').isHidden(),
    'filters: a kind without lines is hidden');
  await page.close();
}

async function testSorting(browser) {
  const page = await open(browser, 'demo', {});
  const {tab} = page;
  const table = tab.locator('.schools');
  const column = (i) => table.locator(`tbody tr > :nth-child(${i})`).allTextContents();
  const header = table.locator('thead th').nth(5);
  await header.locator('button').click();
  const down = (await column(6)).map(Number);
  ok(await header.getAttribute('aria-sort') === 'descending' && down[0] >= down[1] && down[1] >= down[2],
    'sorting: numbers, the largest first', down);
  await header.locator('button').focus();
  await tab.keyboard.press('Enter');
  const up = (await column(6)).map(Number);
  ok(await header.getAttribute('aria-sort') === 'ascending' && up.join() === down.slice().reverse().join(),
    'sorting: the other way by keyboard', up);
  await table.locator('thead button').first().click();
  const names = await column(1);
  ok(names.join() === names.slice().sort().join() && await header.getAttribute('aria-sort') === null,
    'sorting: names', names);
  const lines = tab.locator('[data-code=rejected_member] .lines');
  const place = lines.locator('thead th').last();
  const before = await lines.locator('tbody td:last-child').allTextContents();
  await place.locator('button').click();
  await place.locator('button').click();
  const after = await lines.locator('tbody td:last-child').allTextContents();
  ok(after.join() === before.slice().sort().reverse().join(), 'sorting: lines of a problem', after);
  await page.close();
}

async function testKeyboard(browser) {
  const page = await open(browser, 'demo', {});
  const {tab} = page;
  const focused = () => tab.evaluate(() => {
    const e = document.activeElement;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    return {text: e.textContent.slice(0, 30), outline: style.outlineStyle, width: style.outlineWidth,
      seen: box.width > 0 && box.left >= 0, href: e.getAttribute('href')};
  });
  await tab.keyboard.press('Tab');
  const first = await focused();
  ok(first.href === '#verdict' && first.seen, 'keyboard: the first stop skips to the result',
    JSON.stringify(first));
  const blind = [];
  for (let i = 0; i < 40; i += 1) {
    await tab.keyboard.press('Tab');
    const stop = await focused();
    if (stop.outline === 'none' || stop.width === '0px' || !stop.seen) blind.push(JSON.stringify(stop));
  }
  ok(blind.length === 0, 'keyboard: the focus can be seen at 40 stops', blind.join('\n'));
  await page.close();
}

async function testWidths(browser, name) {
  for (const width of [320, 390, 1280]) {
    const page = await open(browser, name, {viewport: {width, height: 800}});
    await openAll(page.tab);
    const wide = await page.tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    ok(!wide, `${name}: nothing is cut off at a width of ${width}`,
      (await tooWide(page.tab, 'main *')).slice(0, 5).join('\n'));
    await page.close();
  }
}

async function testPrint(browser, name) {
  const page = await open(browser, name, {});
  await openAll(page.tab);
  await page.tab.emulateMedia({media: 'print'});
  const buttons = await page.tab.evaluate(() =>
    Array.from(document.querySelectorAll('thead button'))
      .filter((button) => getComputedStyle(button).display !== 'contents').length);
  ok(buttons === 0, `${name}: headings of tables are text on paper`, `${buttons} buttons`);
  for (const [format, room] of Object.entries(paper)) {
    await page.tab.setViewportSize({width: room.upright, height: 1000});
    const upright = await tooWide(page.tab, '.card:not(.wide) table, .card:not(.wide) td');
    await page.tab.setViewportSize({width: room.lying, height: 700});
    const lying = await tooWide(page.tab, '.card.wide table, .card.wide td');
    ok(upright.length + lying.length === 0, `${name}: no table is cut off on ${format}`,
      upright.concat(lying).slice(0, 5).join('\n'));
  }
  await page.close();
}

async function testLarge(browser) {
  const size = fs.statSync(path.resolve(folder, 'large.html')).size;
  ok(size <= MOST_BYTES, `large: ${size} bytes are at most ${MOST_BYTES}`);
  const times = [];
  for (let i = 0; i < 3; i += 1) {
    const page = await open(browser, 'large', {});
    await page.tab.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length);
    times.push(await page.tab.evaluate(() =>
      Math.round(performance.getEntriesByName('first-contentful-paint')[0].startTime)));
    await page.close();
  }
  const best = Math.min(...times);
  ok(!strict || best <= FIRST_PAINT, `large: first paint after ${best} ms`);
  const page = await open(browser, 'large', {});
  const shown = await rowsShown(page.tab);
  ok(shown.length > 500, `large: ${shown.length} lines`);
  await page.tab.selectOption('#filter-code', 'unknown_grade');
  const rows = await rowsShown(page.tab);
  ok(rows.length > 0 && rows.every((r) => r.code === 'unknown_grade'), 'large: filters work');
  await page.close();
}

(async () => {
  const browser = await start();
  for (const name of pages) {
    await testQuiet(browser, name);
    await testWidths(browser, name);
    await testPrint(browser, name);
  }
  await testWithoutScript(browser);
  await testFilters(browser);
  await testSorting(browser);
  await testKeyboard(browser);
  await testLarge(browser);
  await browser.close();
  console.log(`1..${number}`);
  process.exit(failed ? 1 : 0);
})().catch((error) => { console.log(`Bail out! ${error.message}`); process.exit(1); });
