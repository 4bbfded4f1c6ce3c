// Filters and sorting. The page is complete without this script; it only hides, shows and moves
// what is there. Written for browsers of many years ago.
(function () {
  'use strict';

  function all(selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  }

  function byId(id) {
    return document.getElementById(id);
  }

  // ---- sorting ----

  // Numbers have their thousands set apart by commas.
  function valueOf(row, column, number) {
    var text = row.cells[column].textContent;
    return number ? Number(text.replace(/,/g, '')) || 0 : text.toLowerCase();
  }

  function sortBy(table, header, column) {
    var ascending = header.getAttribute('aria-sort') !== 'ascending';
    var number = header.className === 'n';
    if (number && !header.hasAttribute('aria-sort')) ascending = false;
    var body = table.tBodies[0];
    var rows = all('tr', body).map(function (row, place) {
      return {row: row, place: place, value: valueOf(row, column, number)};
    });
    rows.sort(function (a, b) {
      var order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
      return (ascending ? order : -order) || a.place - b.place;
    });
    rows.forEach(function (entry) { body.appendChild(entry.row); });
    all('th[aria-sort]', table.tHead).forEach(function (other) {
      other.removeAttribute('aria-sort');
    });
    header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
  }

  function makeSortable(table) {
    all('th', table.tHead).forEach(function (header, column) {
      var button = document.createElement('button');
      button.type = 'button';
      button.title = 'Sort by this column';
      while (header.firstChild) button.appendChild(header.firstChild);
      header.appendChild(button);
      button.addEventListener('click', function () { sortBy(table, header, column); });
    });
  }

  all('table.sortable').forEach(makeSortable);

  // ---- filters ----

  var filters = byId('filters');
  if (!filters) return;
  var fields = {};
  ['text', 'severity', 'code', 'school', 'file'].forEach(function (name) {
    fields[name] = byId('filter-' + name);
  });
  var kinds = all('article.problem').map(readKind);

  function columnOf(table, heading) {
    var found = -1;
    if (table) {
      all('th', table.tHead).forEach(function (header, i) {
        if (header.textContent === heading) found = i;
      });
    }
    return found;
  }

  function readKind(article) {
    var table = article.querySelector('table.lines');
    var school = columnOf(table, 'School');
    var file = columnOf(table, 'File');
    var lines = table ? all('tr', table.tBodies[0]) : [];
    return {
      article: article,
      details: article.querySelector('details'),
      code: article.getAttribute('data-code'),
      lines: lines.map(function (row) {
        return {
          row: row,
          text: row.textContent.toLowerCase(),
          severity: row.getAttribute('data-severity'),
          school: school < 0 ? '' : row.cells[school].textContent,
          file: file < 0 ? '' : row.cells[file].textContent
        };
      })
    };
  }

  function addOptions(select, values) {
    Object.keys(values).sort().forEach(function (value) {
      var option = document.createElement('option');
      option.value = value;
      option.textContent = values[value];
      select.appendChild(option);
    });
  }

  function collectOptions() {
    var found = {severity: {}, school: {}, file: {}};
    var codes = {};
    kinds.forEach(function (kind) {
      codes[kind.code] = kind.code;
      kind.lines.forEach(function (line) {
        Object.keys(found).forEach(function (name) {
          if (line[name]) found[name][line[name]] = line[name];
        });
      });
    });
    addOptions(fields.code, codes);
    Object.keys(found).forEach(function (name) { addOptions(fields[name], found[name]); });
  }

  function wanted(line, text) {
    return (!text || line.text.indexOf(text) >= 0) &&
      (!fields.severity.value || line.severity === fields.severity.value) &&
      (!fields.school.value || line.school === fields.school.value) &&
      (!fields.file.value || line.file === fields.file.value);
  }

  // Shows the lines that are wanted; how many.
  function showKind(kind, text, active) {
    var other = fields.code.value && kind.code !== fields.code.value;
    var shown = 0;
    kind.lines.forEach(function (line) {
      var show = !other && wanted(line, text);
      line.row.hidden = !show;
      shown += show ? 1 : 0;
    });
    kind.article.hidden = active && (other || shown === 0);
    if (active && shown > 0) kind.details.open = true;
    return shown;
  }

  function apply() {
    var text = fields.text.value.toLowerCase().trim();
    var active = Object.keys(fields).some(function (name) { return fields[name].value !== ''; });
    var shown = 0;
    var total = 0;
    kinds.forEach(function (kind) {
      shown += showKind(kind, text, active);
      total += kind.lines.length;
    });
    byId('filter-state').textContent = active
      ? shown + ' of the ' + total + ' lines on this page match'
      : 'All ' + total + ' lines on this page are shown';
  }

  var waiting;
  fields.text.addEventListener('input', function () {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  ['severity', 'code', 'school', 'file'].forEach(function (name) {
    fields[name].addEventListener('change', apply);
  });
  byId('filter-clear').addEventListener('click', function () {
    Object.keys(fields).forEach(function (name) { fields[name].value = ''; });
    apply();
    fields.text.focus();
  });
  collectOptions();
  apply();
  filters.hidden = false;
}());
