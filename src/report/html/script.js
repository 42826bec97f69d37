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

// Every plot can be saved as a file of its own: what it uses is drawn into it, and colours that have names on the page
// get the values that they have by light.
const style = byId('plot-style').textContent;
const named = [...style.slice(0, style.indexOf('}')).matchAll(/(--[\w-]+): ([^;]+);/g)];
const rules = named.reduce(
  (text, [, name, value]) => text.replaceAll(`var(${name})`, value),
  style.slice(style.indexOf('}') + 1),
);
const svg = (name) => document.createElementNS('http://www.w3.org/2000/svg', name);

function alone(plot, heads) {
  const copy = plot.cloneNode(true);
  const { width, height } = plot.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', width);
  copy.setAttribute('height', height);
  all('use', copy).forEach((use) => use.replaceWith(byId(use.getAttribute('href').slice(1)).cloneNode(true)));
  all('defs, .hit', copy).forEach((element) => element.remove());
  all('[id]', copy).forEach((element) => element.removeAttribute('id'));
  all('[data-s]', copy).forEach((element) => element.removeAttribute('data-s'));
  all('image', copy).forEach((image) => {
    const picture = heads.style.getPropertyValue(`--m${image.dataset.k}`).trim();
    image.setAttribute('href', picture.slice(4, -1));
  });
  const paper = svg('rect');
  paper.setAttribute('class', 'paper');
  paper.setAttribute('width', width);
  paper.setAttribute('height', height);
  const own = svg('style');
  own.textContent = rules;
  copy.querySelector('title').after(own, paper);
  return new XMLSerializer().serializeToString(copy);
}

for (const figure of all('figure.plot')) {
  const button = make('button', 'Save as SVG', figure.querySelector('figcaption') ?? figure);
  button.type = 'button';
  button.className = 'save';
  button.setAttribute('aria-label', `Save ${figure.dataset.name} as SVG`);
  button.addEventListener('click', () => {
    const text = alone(figure.querySelector('svg'), figure.parentElement.querySelector('.heads'));
    const link = make('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
    link.download = `${figure.dataset.name}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

// The list of an audit's texts.
const table = byId('list');
const rows = table ? all('tbody tr', table) : [];
const sections = new Map(all('details.example').map((section) => [section.dataset.i, section]));
const order = ['supported', 'mixed', 'contradicted', 'inert', 'inconclusive', 'insufficient', '–'];
const WORDS = 8;
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
  const gold = byId('f-gold')?.value ?? '';
  const least = byId('f-least').value === '' ? 0 : Number(byId('f-least').value);
  const most = byId('f-most').value === '' ? Infinity : Number(byId('f-most').value);
  let shown = 0;
  for (const row of rows) {
    const words = Number(cell(row, WORDS));
    const fits =
      cell(row, 1).toLowerCase().includes(text) &&
      (!verdict || cell(row, 4) === verdict) &&
      (!label || cell(row, 2) === label) &&
      (!gold || row.dataset.g === gold) &&
      words >= least &&
      words <= most;
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

// A verdict's mark, with its meaning, is copied from where the page explains it.
const marks = new Map(all('#reading dt .v').map((mark) => [mark.textContent, mark]));
function mark(verdict) {
  const known = marks.get(verdict);
  return known ? known.cloneNode(true) : document.createTextNode(verdict);
}

// The list and the texts by another reading: verdicts, tau, excess, and the bars above the words.
function read() {
  const select = byId('f-reading');
  const at = select.selectedIndex;
  for (const row of rows) {
    const answer = row.dataset.r.split(',')[at];
    if (!answer) continue;
    const [verdict, tau, excess] = answer.split(' ');
    row.cells[4].replaceChildren(mark(verdict));
    row.cells[5].textContent = tau;
    row.cells[6].textContent = excess;
    const section = sections.get(row.dataset.i);
    section?.querySelector('summary .v')?.replaceWith(mark(verdict));
    if (section) show(section, select.value);
  }
  const verdicts = new Set(rows.map((row) => cell(row, 4)));
  const kept = byId('f-verdict').value;
  all('option', byId('f-verdict')).slice(1).forEach((option) => option.remove());
  choose(byId('f-verdict'), order.filter((verdict) => verdicts.has(verdict)));
  byId('f-verdict').value = verdicts.has(kept) ? kept : '';
}

// The shades of a reading, one character a word, stand in its row of the plot.
function show(section, reading) {
  const told = section.querySelector('.legend .above');
  if (!told || told.textContent === reading) return;
  const row = all('svg.words .row', section).find((row) => row.querySelector('text').textContent === reading);
  if (!row) return;
  told.textContent = reading;
  all('.strip b', section).forEach((word, i) => {
    const code = row.dataset.s[i] ?? '0';
    const below = code >= 'a';
    const step = below ? code.charCodeAt(0) - 97 : Number(code);
    const kept = [...word.classList].filter((name) => !/^[aA]\d$/.test(name));
    word.className = [...kept, ...(step ? [`${below ? 'A' : 'a'}${step}`] : [])].join(' ');
  });
}

// What is chosen is kept in the address, behind the #, so that it can be sent to someone; `at` is the text one is at.
const fields = { text: 'f-text', reading: 'f-reading', verdict: 'f-verdict', predicted: 'f-label', prediction: 'f-gold', from: 'f-least', to: 'f-most' };
let at = '';
function keep() {
  const chosen = new URLSearchParams();
  for (const [name, id] of Object.entries(fields)) {
    const field = byId(id);
    const first = field?.tagName === 'SELECT' ? field.options[0].value : '';
    if (field && field.value !== first) chosen.set(name, field.value);
  }
  const some = chosen.toString() !== '';
  if (at && some) chosen.set('at', at);
  const hash = some ? chosen.toString() : at;
  if (hash !== location.hash.slice(1)) history.replaceState(null, '', `#${hash}`);
}

function go(id) {
  const target = byId(id);
  if (!target) return;
  at = id;
  const section = target.closest('details');
  if (section) section.open = true;
  (section ?? target).scrollIntoView();
  section?.querySelector('summary').focus({ preventScroll: true });
}

function fromAddress() {
  const hash = location.hash.slice(1);
  const chosen = hash.includes('=') ? new URLSearchParams(hash) : new URLSearchParams();
  const set = (name) => {
    const field = byId(fields[name]);
    if (!field) return;
    const first = field.tagName === 'SELECT' ? field.options[0].value : '';
    field.value = chosen.get(name) ?? first;
    if (field.selectedIndex === -1) field.value = first;
  };
  // The reading first: it decides which verdicts there are.
  set('reading');
  read();
  Object.keys(fields).filter((name) => name !== 'reading').forEach(set);
  filter();
  go(chosen.get('at') ?? (hash.includes('=') ? '' : hash));
}

if (table) {
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
  const changed = () => {
    read();
    filter();
    keep();
  };
  controls.addEventListener('input', (event) => {
    if (event.target.id === 'f-reading') return changed();
    filter();
    keep();
  });
  controls.addEventListener('submit', (event) => event.preventDefault());
  controls.addEventListener('reset', () => setTimeout(changed));
  for (const [id, open] of [['open', true], ['close', false]]) {
    byId(id).addEventListener('click', () => sections.forEach((section) => (section.open = open)));
  }
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.getAttribute('href').slice(1));
    keep();
  });
  addEventListener('hashchange', fromAddress);
  fromAddress();
}

// Words are linked: one under the pointer, or chosen by the arrow keys, is marked in the text, in the plot and in the
// table, and told with its score by every method.
function link(section) {
  const words = all('.strip b', section);
  const columns = all('svg.words .column', section);
  const scores = all('.scores tbody tr', section);
  const heads = all('.scores thead th', section).slice(2).map((head) => head.textContent);
  const told = section.querySelector('.told');
  if (!told || scores.length !== words.length) return;
  let current = -1;
  const tell = (i) => {
    if (i === current) return;
    for (const list of [words, columns, scores]) {
      list[current]?.classList.remove('at');
      list[i]?.classList.add('at');
    }
    current = i;
    if (i < 0) return;
    const found = [...scores[i].cells].slice(2).map((score, j) => `${heads[j]} ${score.textContent}`);
    told.hidden = false;
    told.replaceChildren();
    make('b', `${i + 1} ${words[i].textContent}`, told);
    told.append(` ${found.join(' · ')}`);
  };
  const lists = [words, columns, scores];
  lists.forEach((list) => list.forEach((one, i) => one.addEventListener('pointerenter', () => tell(i))));
  const places = [section.querySelector('.strips'), section.querySelector('svg.words')].filter(Boolean);
  for (const place of places) {
    place.setAttribute('tabindex', '0');
    if (place.tagName === 'DIV') {
      place.setAttribute('role', 'group');
      place.setAttribute('aria-label', 'The text: the arrow keys go from word to word');
    }
    place.addEventListener('pointerleave', () => place !== document.activeElement && tell(-1));
    place.addEventListener('blur', () => tell(-1));
    place.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === 'Escape') tell(-1);
      if (!step) return;
      event.preventDefault();
      tell(Math.min(words.length - 1, Math.max(0, current < 0 ? 0 : current + step)));
      words[current].scrollIntoView({ block: 'nearest' });
    });
  }
}

// The chosen head: its name, and the weight under the pointer or the cursor.
function choice(heads) {
  const big = heads.querySelector('.big');
  const told = heads.querySelector('.chosen');
  const pieces = all('.keys li', heads).map((piece) => piece.textContent);
  // Of the element's own style: asking for the computed one would have the browser lay out a long page each time.
  const { style } = heads;
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

// A text's own parts are made ready when it is opened for the first time.
for (const section of sections.values()) {
  const ready = () => {
    link(section);
    all('.heads', section).forEach(choice);
  };
  if (section.open) ready();
  else section.addEventListener('toggle', ready, { once: true });
}
