// Draws what a dashboard's panels answer, as an HTML page for a picture in the documentation. Not Grafana: it asks the same
// queries of the same data sources and plots the answers in the dashboard's grid. See docs/dashboards.md.
//
//   node src/docs/render-dashboard.mjs DASHBOARD.json PROMETHEUS-URL HEARTH-URL TOKEN-FILE MINUTES VARIABLE=VALUE… > page.html
import {readFileSync} from 'node:fs';

const [file, prometheus, hearth, tokenFile, minutes, ...assignments] = process.argv.slice(2);
const dashboard = JSON.parse(readFileSync(file));
const token = readFileSync(tokenFile, 'utf8').trim();
const end = Math.floor(Date.now() / 5000) * 5;
const start = end - minutes * 60;
const step = Math.max(5, Math.round((minutes * 60) / 200));
const variables = [['$__rate_interval', '20s'], ['$__interval', step + 's'], ['$__range', minutes + 'm'],
  ...assignments.map(text => ['$' + text.split('=')[0], text.slice(text.indexOf('=') + 1)])]
  .sort((a, b) => b[0].length - a[0].length);
const COLORS = ['#73bf69', '#f2cc0c', '#5794f2', '#ff780a', '#f2495c', '#b877d9', '#37d2c4', '#d8d9da', '#a16946', '#ff9ecb', '#3f6833', '#806eb7',
  '#c0d8ff', '#ad0317'];
const NAMED = {green: '#73bf69', yellow: '#f2cc0c', red: '#f2495c', orange: '#ff9830', blue: '#5794f2', purple: '#b877d9', transparent: 'none'};
const PANEL = '#181b1f', LETTER_WIDTH = 6.2; // of 11 px text
const CELL_WIDTH = 60, CELL_HEIGHT = 30;

const fill = text => variables.reduce((result, [name, value]) => result.split(name).join(value), text);
const escape = text => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;');

async function ask(panel, target) {
  const base = target.datasource.uid === '${metrics}' ? prometheus : hearth + '/prometheus';
  const form = new URLSearchParams({query: fill(target.expr)});
  if (target.range) Object.entries({start, end, step}).forEach(([key, value]) => form.set(key, value));
  const response = await fetch(`${base}/api/v1/${target.range ? 'query_range' : 'query'}`,
    {method: 'POST', body: form, headers: {Authorization: 'Bearer ' + token}});
  const answer = await response.json();
  if (answer.status !== 'success') throw new Error(`${panel.title}: ${answer.error}`);
  return answer.data.result.map(series => ({
    name: target.legendFormat ? target.legendFormat.replace(/\{\{(\w+)\}\}/g, (all, label) => series.metric[label] ?? '') : '',
    metric: series.metric,
    points: (series.values ?? [series.value]).map(([time, value]) => [time, Number(value)]).filter(point => !isNaN(point[1])),
  }));
}

function scaled(value, factor, units, suffix = '') {
  let index = 0;
  while (Math.abs(value) >= factor && index < units.length - 1) { value /= factor; index++; }
  return `${Number(value.toPrecision(3))}${units[index] ? ' ' + units[index] : ''}${suffix}`;
}

function format(value, unit) {
  switch (unit) {
    case 's': return Math.abs(value) < 1e-3 && value !== 0 ? Number((value * 1e6).toPrecision(3)) + ' µs'
      : Math.abs(value) < 1 && value !== 0 ? Number((value * 1e3).toPrecision(3)) + ' ms'
      : value >= 3600 ? Number((value / 3600).toPrecision(3)) + ' h'
      : value >= 60 ? Number((value / 60).toPrecision(3)) + ' min' : Number(value.toPrecision(3)) + ' s';
    case 'bytes': return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
    case 'Bps': return scaled(value, 1000, ['B', 'kB', 'MB', 'GB'], '/s');
    case 'percentunit': return Number((value * 100).toPrecision(3)) + ' %';
    case 'dateTimeAsLocal': return new Date(value).toISOString().slice(0, 19).replace('T', ' ');
    case 'rps': case 'ops': case 'reqps': return scaled(value, 1000, ['', 'K', 'M']) + '/s';
    default: return scaled(value, 1000, ['', 'K', 'M', 'G']);
  }
}

function colorOf(value, thresholds) {
  let color = thresholds.steps[0].color;
  for (const stepOf of thresholds.steps) if (stepOf.value === null || value >= stepOf.value) color = stepOf.color;
  return NAMED[color] ?? color;
}

function niceMax(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map(factor => factor * power).find(candidate => candidate >= value);
}

const last = series => series.points.at(-1)?.[1];
const timeText = seconds => new Date(seconds * 1000).toISOString().slice(11, 16);

// A colour of its own for each series: the one that the dashboard fixes, else the next of the palette.
function colored(panel, answers) {
  let next = 0;
  return answers.map(series => {
    const fixed = panel.fieldConfig.overrides.find(rule => rule.matcher.id === 'byName' && rule.matcher.options === series.name)
      ?.properties.find(property => property.id === 'color')?.value.fixedColor;
    return {...series, color: fixed ? NAMED[fixed] ?? fixed : COLORS[next++ % COLORS.length]};
  });
}

// Lines of the legend, each series whole. Of very many, those that are 0 throughout share an entry.
function legend(all, width) {
  const zero = all.filter(one => one.points.every(point => point[1] === 0));
  const series = all.length < 12 || zero.length < 2 ? all
    : [...all.filter(one => !zero.includes(one)), {...zero[0], name: `${zero.length} series at 0`}];
  const lines = [[]];
  let used = 0;
  for (const one of series) {
    const wide = 17 + one.name.length * LETTER_WIDTH + 14;
    if (used && used + wide > width) { lines.push([]); used = 0; }
    lines.at(-1).push({...one, place: used});
    used += wide;
  }
  return lines;
}

function timeseries(panel, answers, width, height) {
  const {defaults} = panel.fieldConfig, unit = defaults.unit, stacked = defaults.custom.stacking.mode === 'normal';
  const named = colored(panel, answers.filter(series => series.points.length));
  let drawn = named;
  if (stacked) {
    const sums = new Map();
    drawn = drawn.map(series => ({...series, points: series.points.map(([time, value]) => {
      const sum = (sums.get(time) ?? 0) + value; sums.set(time, sum); return [time, sum];
    })})).reverse();
  }
  const values = drawn.flatMap(series => series.points.map(point => point[1]));
  const fixed = defaults.min === 0;
  let low = fixed ? 0 : Math.min(...values), high = defaults.max ?? Math.max(...values, fixed ? 0 : -Infinity);
  if (fixed) high = defaults.max ?? niceMax(high); else { const pad = (high - low || 1) * 0.05; low -= pad; high += pad; }
  const left = 62, right = width - 10, lines = legend(named, width - 20), top = 34, bottom = height - 24 - lines.length * 15;
  const x = time => left + ((time - start) / (end - start)) * (right - left);
  const y = value => bottom - ((Math.min(value, high) - low) / (high - low)) * (bottom - top);
  let svg = '';
  if (!values.length) return `<text x="${width / 2}" y="${height / 2 + 5}" text-anchor="middle">${escape(defaults.noValue ?? 'no data')}</text>`;
  for (let i = 0; i <= 4; i++) {
    const value = low + ((high - low) * i) / 4;
    svg += `<line x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}" stroke="#2c3235"/>
      <text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${escape(format(value, unit))}</text>`;
  }
  for (let i = 0; i <= 4; i++) {
    const time = start + ((end - start) * i) / 4;
    svg += `<text x="${x(time)}" y="${bottom + 14}" text-anchor="${i === 4 ? 'end' : i ? 'middle' : 'start'}">${timeText(time)}</text>`;
  }
  if (defaults.custom.thresholdsStyle.mode !== 'off') {
    for (const {value, color} of defaults.thresholds.steps) {
      if (value !== null && value <= high) svg += `<line x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}" stroke="${NAMED[color]}" stroke-dasharray="6 4"/>`;
    }
  }
  drawn.forEach(series => {
    const path = series.points.map(([time, value], i) => `${i && time - series.points[i - 1][0] <= 4 * step ? 'L' : 'M'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('');
    const first = series.points[0][0], final = series.points.at(-1)[0], opacity = defaults.custom.fillOpacity / 100;
    const area = `${path}L${x(final)} ${bottom}L${x(first)} ${bottom}Z`;
    // What is stacked is drawn from the top down; each hides the one above it, so that colours do not mix.
    if (opacity && stacked) svg += `<path d="${area}" fill="${PANEL}"/>`;
    if (opacity) svg += `<path d="${area}" fill="${series.color}" opacity="${opacity}"/>`;
    svg += `<path d="${path}" fill="none" stroke="${series.color}" stroke-width="1.3"/>`;
  });
  lines.forEach((line, row) => line.forEach(series => {
    const at = bottom + 29 + row * 15;
    svg += `<rect x="${10 + series.place}" y="${at - 5}" width="12" height="3" fill="${series.color}"/><text x="${27 + series.place}" y="${at}">${escape(series.name)}</text>`;
  }));
  return svg;
}

function stat(panel, answers, width, height) {
  const {unit, thresholds, noValue} = panel.fieldConfig.defaults, series = answers[0], value = series && last(series);
  const text = value === undefined ? noValue ?? 'no data' : format(value, unit);
  const color = value === undefined ? '#9fa7b3' : colorOf(value, thresholds);
  let svg = '';
  if (panel.options.graphMode === 'area' && series?.points.length > 1) {
    const high = Math.max(...series.points.map(point => point[1])) || 1;
    const line = series.points.map(([time, v]) => `${(((time - start) / (end - start)) * width).toFixed(1)} ${(height - (v / high) * height * 0.35).toFixed(1)}`);
    svg += `<path d="M${line.join('L')}L${width} ${height}L${line[0].split(" ")[0]} ${height}Z" fill="${color}" opacity="0.18"/><path d="M${line.join('L')}" fill="none" stroke="${color}"/>`;
  }
  return svg + `<text x="${width / 2}" y="${height / 2 + 22}" text-anchor="middle" style="font-size:30px;font-weight:600;fill:${color}">${escape(text)}</text>`;
}

function bargauge(panel, answers, width, height) {
  const {unit, thresholds} = panel.fieldConfig.defaults;
  const rows = answers.filter(series => series.points.length).sort((a, b) => last(b) - last(a)).slice(0, 10);
  const high = Math.max(...rows.map(last), 1e-9), each = (height - 44) / Math.max(rows.length, 1), from = 110, to = width - 90;
  return rows.map((series, index) => {
    const color = colorOf(last(series), thresholds), top = 36 + index * each;
    return `<text x="${from - 8}" y="${top + each / 2 + 3}" text-anchor="end">${escape(series.name)}</text>
      <rect x="${from}" y="${top + 2}" width="${to - from}" height="${each - 5}" fill="#22252b"/>
      <rect x="${from}" y="${top + 2}" width="${((to - from) * last(series)) / high}" height="${each - 5}" fill="${color}" opacity="0.8"/>
      <text x="${to + 8}" y="${top + each / 2 + 3}" style="fill:${color}">${escape(format(last(series), unit))}</text>`;
  }).join('');
}

function table(panel, answers, width, height) {
  const {unit} = panel.fieldConfig.defaults, lines = Math.floor((height - 62) / 20), {displayName = '', desc = true} = panel.options.sortBy[0] ?? {};
  const rename = panel.transformations[0].options.renameByName;
  const keys = [...new Set(answers.flatMap(series => Object.keys(series.metric)))];
  const byLabel = keys.find(key => (rename[key] ?? key) === displayName);
  const rows = answers.filter(series => series.points.length)
    .sort((a, b) => (byLabel ? String(a.metric[byLabel]).localeCompare(b.metric[byLabel], 'en', {numeric: true}) : last(a) - last(b)) * (desc ? -1 : 1)).slice(0, lines);
  const columns = [...keys, 'Value'];
  const text = (series, key) => String(key === 'Value' ? format(last(series), unit) : series.metric[key] ?? '');
  const lengths = columns.map(key => Math.max(String(rename[key] ?? key).length, ...rows.map(series => text(series, key).length)) + 2);
  const wide = (width - 20) / lengths.reduce((sum, length) => sum + length, 0);
  const from = columns.map((key, column) => 12 + wide * lengths.slice(0, column).reduce((sum, length) => sum + length, 0));
  const cell = (content, column, line, style = '') => `<text x="${from[column]}" y="${52 + line * 20}" ${style}>${escape(content)}</text>`;
  return columns.map((key, column) => cell(rename[key] ?? key, column, 0, 'style="fill:#6e9fff;font-weight:600"')).join('')
    + rows.map((series, line) => columns.map((key, column) => cell(text(series, key), column, line + 1)).join('')).join('');
}

function heatmap(panel, answers, width, height) {
  const buckets = answers.map(series => ({...series, le: Number(series.metric.le.replace('+Inf', 'Infinity'))})).sort((a, b) => a.le - b.le);
  const left = 62, right = width - 10, top = 34, bottom = height - 26, tall = (bottom - top) / buckets.length;
  const cells = [];
  buckets.forEach((bucket, row) => {
    const below = new Map(row ? buckets[row - 1].points : []);
    bucket.points.forEach(([time, value]) => cells.push([time, row, Math.max(0, value - (below.get(time) ?? 0))]));
  });
  const most = Math.max(...cells.map(one => one[2]), 1), wide = ((right - left) * step) / (end - start);
  return cells.filter(one => one[2] > 0).map(([time, row, value]) => `<rect x="${(left + ((time - start) / (end - start)) * (right - left) - wide).toFixed(1)}" y="${(bottom - (row + 1) * tall + 0.5).toFixed(1)}" width="${Math.max(wide - 0.4, 0.6).toFixed(1)}" height="${(tall - 1).toFixed(1)}" fill="#ff9830" opacity="${(0.12 + 0.88 * Math.sqrt(value / most)).toFixed(2)}"/>`).join('')
    + buckets.map((bucket, row) => `<text x="${left - 6}" y="${bottom - row * tall - tall / 2 + 4}" text-anchor="end">${isFinite(bucket.le) ? format(bucket.le, 's') : '> ' + format(buckets[row - 1].le, 's')}</text>`).join('')
    + [0, 2, 4].map(i => `<text x="${left + ((right - left) * i) / 4}" y="${bottom + 15}" text-anchor="${i === 4 ? 'end' : i ? 'middle' : 'start'}">${timeText(start + ((end - start) * i) / 4)}</text>`).join('');
}

const KINDS = {timeseries, stat, bargauge, table, heatmap};
let svg = '', bottom = 0;
for (const panel of dashboard.panels) {
  if (panel.title.startsWith('Other modes')) break;
  const {x, y, w, h} = panel.gridPos, width = w * CELL_WIDTH - 8, height = h * CELL_HEIGHT - 8;
  bottom = Math.max(bottom, (y + h) * CELL_HEIGHT);
  svg += `<svg x="${x * CELL_WIDTH + 4}" y="${44 + y * CELL_HEIGHT + 4}" width="${width}" height="${height}">`;
  if (panel.type === 'row') {
    svg += `<text x="4" y="17" style="font-size:14px;font-weight:600;fill:#d8d9da">⌄ ${escape(panel.title)}</text></svg>`;
    continue;
  }
  const answers = (await Promise.all(panel.targets.map(target => ask(panel, target)))).flat();
  svg += `<rect width="${width}" height="${height}" fill="${PANEL}" stroke="#25282d" rx="2"/><text x="10" y="20" style="font-size:13px;font-weight:600;fill:#ccccdc">${escape(fill(panel.title))}</text>`
    + KINDS[panel.type](panel, answers, width, height) + '</svg>';
}
console.log(`<!doctype html><meta charset="utf-8"><style>body{margin:0;background:#111217}text{font:11px Inter,Helvetica,Arial,sans-serif;fill:#9fa7b3}</style>
<svg xmlns="http://www.w3.org/2000/svg" width="${24 * CELL_WIDTH}" height="${bottom + 52}"><rect width="100%" height="100%" fill="#111217"/>
<text x="8" y="29" style="font-size:18px;font-weight:600;fill:#d8d9da">${escape(dashboard.title)}</text>${svg}</svg>`);
