#!/usr/bin/env node
// Measures MiniSearch, in process, over the rows and with the queries of a folder that `fieldpost-bench lookup-files`
// wrote. Prints one JSON object with the members that the other peers have (peers.hpp).
//
//     node --max-old-space-size=12000 minisearch.mjs FOLDER --each 300

import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import MiniSearch from "minisearch";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { each: { type: "string", default: "300" } },
});
const folder = positionals[0];
const each = Number(values.each);

const lines = (name) =>
  readFileSync(path.join(folder, name), "utf8").split("\n").filter(Boolean).map((line) => line.split("\t"));

// Lower case, without the signs on letters and between words: as the other peers have it.
const folded = (text) =>
  text.normalize("NFD").replace(/[\u0300-\u036f'.]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
const parcelKey = (text) => text.replace(/[-. ]/g, "");

function indexOf(rows) {
  const index = new MiniSearch({ fields: ["text"], tokenize: (text) => text.split(" "), processTerm: (term) => term });
  index.addAll(rows);
  return index;
}

// Digits are right or wrong; words of four letters and more may have an error, of eight and more two.
const options = {
  fuzzy: (term) => (term.length > 3 && !/[0-9]/.test(term) ? (term.length > 7 ? 2 : 1) : false),
  prefix: (term, at, terms) => at === terms.length - 1,
};

function search(index, text) {
  const every = index.search(text, { ...options, combineWith: "AND" });
  const found = every.length > 0 ? every : index.search(text, { ...options, combineWith: "OR" });
  return found.slice(0, 10).map((hit) => hit.id);
}

function quantile(samples, q) {
  const ordered = [...samples].sort((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.max(0, Math.ceil(q * ordered.length) - 1))] ?? 0;
}

const taken = new Map();
const queries = lines("queries.tsv")
  .map(([sort, rival, wanted, text]) => ({ sort, rival: rival === "1", wanted: new Set(wanted.split(",")), text }))
  .filter(({ sort }) => {
    taken.set(sort, (taken.get(sort) ?? 0) + 1);
    return taken.get(sort) <= each;
  });

const properties = lines("properties.tsv");
const parties = lines("parties.tsv");
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
const began = process.hrtime.bigint();
const addresses = indexOf(properties.map(([id, text]) => ({ id, text: folded(text) })));
const names = indexOf(parties.map(([id, text], at) => ({ id: `${id}/${at}`, text: folded(text) })));
const parcels = new Map(properties.map(([id, , parcel]) => [parcelKey(parcel), id]));
const buildSeconds = Number(process.hrtime.bigint() - began) / 1e9;
globalThis.gc?.();
const indexBytes = process.memoryUsage().heapUsed - before;

function ask({ sort, text }) {
  if (sort === "number") return [parcels.get(parcelKey(text))];
  if (sort.startsWith("name")) return search(names, folded(text)).map((id) => id.split("/")[0]);
  return search(addresses, folded(text));
}

for (const query of queries) ask(query);
const tallies = new Map();
const all = [];
for (const query of queries) {
  const start = process.hrtime.bigint();
  const found = ask(query);
  const us = Number(process.hrtime.bigint() - start) / 1e3;
  const tally = tallies.get(query.sort) ?? { us: [], clear: 0, first: 0, in_five: 0 };
  tallies.set(query.sort, tally);
  tally.us.push(us);
  all.push(us);
  if (query.rival) continue;
  const place = found.findIndex((id) => query.wanted.has(id));
  tally.clear += 1;
  tally.first += place === 0 ? 1 : 0;
  tally.in_five += place >= 0 && place < 5 ? 1 : 0;
}

const sorts = {};
for (const [sort, { us, clear, first, in_five }] of tallies) {
  sorts[sort] = {
    asked: us.length, p50_us: quantile(us, 0.5), p99_us: quantile(us, 0.99), clear,
    first: (100 * first) / Math.max(1, clear), in_five: (100 * in_five) / Math.max(1, clear),
  };
}
const typos = ["typo1", "typo2"].flatMap((sort) => tallies.get(sort)?.us ?? []);
const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
console.log(JSON.stringify({
  sorts,
  typo: { p50_us: quantile(typos, 0.5), p99_us: quantile(typos, 0.99) },
  mixed: { p50_us: quantile(all, 0.5), p99_us: quantile(all, 0.99), asked: all.length },
  build_s: buildSeconds,
  index_bytes: indexBytes,
  pss_mb: Number(/^Pss:\s+(\d+)/m.exec(rollup)[1]) / 1024,
}));
