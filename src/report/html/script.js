'use strict';
// Comfort only: the page says everything without it.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (name, text, parent) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
const byId = (id) => document.getElementById(id);

// The list.
const table = byId('list');
const rows = all('tbody tr', table);
const sections = new Map(all('details.example').map((section) => [section.dataset.i, section]));
const order = ['supported', 'mixed', 'contradicted', 'inert', 'inconclusive', 'insufficient', '–'];
const cell = (row, column) => row.cells[column].textContent.trim();
const number = (text) => Number.parseFloat(text.replace('−', '-'));

function value(row, column, kind) {
  const at = row.cells[column];
  if (kind === 'number') return number(at.dataset.v ?? at.textContent);
  if (kind === 'rank') return order.indexOf(cell(row, column));
  return cell(row, column);
}

function sort(head, column) {
  const up = head.getAttribute('aria-sort') !== 'ascending';
  all('th', table).forEach((other) => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  const kind = head.dataset.sort;
  const keyed = rows.map((row, i) => ({ row, i, key: value(row, column, kind) }));
  keyed.sort((a, b) => {
    // What is missing stays at the end, either way.
    const missing = Number.isNaN(a.key) - Number.isNaN(b.key);
    if (missing) return missing;
    const less = kind === 'text' ? a.key.localeCompare(b.key) : a.key - b.key || 0;
    return (up ? less : -less) || a.i - b.i;
  });
  table.tBodies[0].append(...keyed.map(({ row }) => row));
}

function filter() {
  const text = byId('f-text').value.toLowerCase();
  const verdict = byId('f-verdict').value;
  const label = byId('f-label').value;
  let shown = 0;
  for (const row of rows) {
    const fits =
      cell(row, 1).toLowerCase().includes(text) &&
      (!verdict || cell(row, 4) === verdict) &&
      (!label || cell(row, 2) === label);
    row.hidden = !fits;
    const section = sections.get(row.dataset.i);
    if (section) section.hidden = !fits;
    if (fits) shown += 1;
  }
  byId('f-count').textContent = `${shown} of ${rows.length} shown`;
}

function choose(select, values) {
  for (const value of values) make('option', value, select).value = value;
}

// The same columns of another reading.
function read() {
  const at = byId('f-reading').selectedIndex;
  for (const row of rows) {
    const answer = row.dataset.r.split(',')[at];
    if (!answer) continue;
    const [verdict, tau, excess] = answer.split(' ');
    row.cells[4].replaceChildren();
    make('b', verdict, row.cells[4]).className = `v ${verdict}`;
    row.cells[5].textContent = tau;
    row.cells[6].textContent = excess;
  }
  const verdicts = new Set(rows.map((row) => cell(row, 4)));
  const select = byId('f-verdict');
  const kept = select.value;
  all('option', select).slice(1).forEach((option) => option.remove());
  choose(select, order.filter((verdict) => verdicts.has(verdict)));
  select.value = verdicts.has(kept) ? kept : '';
  filter();
}

all('th', table).forEach((head, column) => {
  const name = head.textContent;
  head.replaceChildren();
  const button = make('button', name, head);
  button.type = 'button';
  button.addEventListener('click', () => sort(head, column));
});
choose(byId('f-label'), [...new Set(rows.map((row) => cell(row, 2)))].sort());
const controls = byId('controls');
controls.hidden = false;
controls.addEventListener('input', (event) => (event.target.id === 'f-reading' ? read() : filter()));
controls.addEventListener('submit', (event) => event.preventDefault());
controls.addEventListener('reset', () => setTimeout(read));
for (const [id, open] of [['open', true], ['close', false]]) {
  byId(id).addEventListener('click', () => sections.forEach((section) => (section.open = open)));
}
read();

// The value of each shaded word, from the table below the strips, whose columns are in the same order.
for (const section of sections.values()) {
  const scores = all('.scores tbody tr', section);
  all('.strip', section).forEach((strip, i) => {
    all('b', strip).forEach((word, j) => {
      word.title = scores[j]?.cells[i + 2]?.textContent ?? '';
    });
  });
}

// The chosen head: its name, and the weight under the pointer or the cursor.
for (const heads of all('.heads')) {
  const big = heads.querySelector('.big');
  const told = heads.querySelector('.chosen');
  const pieces = all('.keys li', heads).map((piece) => piece.textContent);
  const style = getComputedStyle(heads);
  const n = Number(style.getPropertyValue('--n'));
  const at = { row: 0, column: 0 };
  let weights;

  const chosen = () => heads.querySelector('input:checked');
  const name = () => {
    const label = chosen().parentElement;
    return `${label.querySelector('i').getAttribute('aria-label')}: tau ${label.querySelector('b')?.textContent ?? '–'}`;
  };

  // The picture holds the square root of each weight in its shades.
  async function load() {
    const image = new Image();
    image.src = style.getPropertyValue(`--m${chosen().value.slice(1)}`).trim().slice(4, -1);
    await image.decode();
    const canvas = make('canvas');
    canvas.width = canvas.height = n;
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, n, n);
    weights = Array.from({ length: n * n }, (_, i) => ((255 - data[4 * i]) / 255) ** 2);
  }

  async function tell() {
    if (!weights) await load();
    const { row, column } = at;
    const piece = (i) => pieces[i] ?? `token ${i}`;
    told.textContent = `${name()}; ${piece(row)} → ${piece(column)} about ${weights[row * n + column].toFixed(2)}`;
    big.style.setProperty('--x', column);
    big.style.setProperty('--y', row);
    big.classList.add('at');
  }

  const move = (row, column) => {
    const held = (i) => Math.min(n - 1, Math.max(0, i));
    at.row = held(row);
    at.column = held(column);
    tell();
  };

  heads.addEventListener('change', () => {
    weights = undefined;
    told.textContent = name();
    if (big.classList.contains('at')) tell();
  });
  big.tabIndex = 0;
  big.addEventListener('pointermove', (event) => {
    const box = big.getBoundingClientRect();
    const place = (offset, length) => Math.floor((n * offset) / length);
    move(place(event.clientY - box.top, box.height), place(event.clientX - box.left, box.width));
  });
  big.addEventListener('keydown', (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    move(at.row + step[0], at.column + step[1]);
  });
  told.textContent = name();
}
