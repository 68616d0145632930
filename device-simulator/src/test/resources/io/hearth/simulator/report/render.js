// Prints what a report's page draws: node render.js report.html. Reads the page's elements as a browser would find them.
const page = require('fs').readFileSync(process.argv[2], 'utf8');
const scripts = [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script/gi)];
if (scripts.length !== 2) throw new Error(`${scripts.length} scripts instead of the report and what draws it`);
const [[, attributes, data], [, , code]] = scripts;
if (attributes !== ' id="report" type="application/json"') throw new Error('no report, but ' + attributes);
const main = {};
const document = { getElementById: () => ({ textContent: data }), querySelector: () => main, querySelectorAll: () => [] };
new Function('document', code)(document);
process.stdout.write(main.innerHTML);
