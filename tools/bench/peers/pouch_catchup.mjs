#!/usr/bin/env node
// Measures PouchDB as a peer of Fieldpost's catch-up: observations recorded offline in leveldb, replicated to
// express-pouchdb in a process of its own. Prints one JSON object; what is in it stands in README.md.
//
//     node pouch_catchup.mjs --count 10000

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import PouchDB from "pouchdb";
import { observations } from "./observations.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const wireDocs = 10_000;
const singleDocs = 20;

// Connections that are kept, as a tuned client does, and that know what went over them: TCP payload, both directions.
class CountingAgent extends http.Agent {
  sockets_ = [];

  constructor() {
    super({ keepAlive: true });
  }

  createConnection(...args) {
    const socket = super.createConnection(...args);
    this.sockets_.push(socket);
    return socket;
  }

  counted() {
    const sum = (direction) => this.sockets_.reduce((bytes, socket) => bytes + socket[direction], 0);
    return { up: sum("bytesWritten"), down: sum("bytesRead"), connections: this.sockets_.length };
  }
}

// The hub's database as replication sees it. With `squeeze`, what gzip -6 would take off each request's body is summed
// up; nothing on the wire changes. Response bodies are left alone: the server gzips those above 1 KB itself.
class Remote {
  agent = new CountingAgent();
  requests = 0;
  saved = 0;

  constructor(url, squeeze) {
    const fetch = (target, options) => {
      this.requests++;
      if (squeeze && options.body) {
        const body = Buffer.from(options.body);
        this.saved += Math.max(0, body.length - gzipSync(body, { level: 6 }).length);
      }
      return PouchDB.fetch(target, { ...options, agent: this.agent });
    };
    this.database = new PouchDB(url, { fetch });
  }

  counted() {
    return { ...this.agent.counted(), requests: this.requests, saved: this.saved };
  }

  close() {
    this.agent.destroy();
  }
}

class Hub {
  constructor(folder) {
    mkdirSync(folder);
    this.child = fork(path.join(here, "pouch_server.mjs"), [folder], { cwd: folder });
  }

  async listening() {
    const ended = once(this.child, "exit").then(([code]) => {
      throw new Error(`the peer's server ended with ${code} before it listened`);
    });
    ended.catch(() => {});
    [{ port: this.port }] = await Promise.race([once(this.child, "message"), ended]);
  }

  remote(name, squeeze) {
    return new Remote(`http://127.0.0.1:${this.port}/${name}`, squeeze);
  }

  kill() {
    this.child.kill("SIGKILL");
  }
}

// As Fieldpost's Operation reads in a document store: the recorder's id is the document's.
function document({ id, ...rest }) {
  return { _id: id, ...rest };
}

async function record(local, seed, count) {
  const began = process.hrtime.bigint();
  let docs = [];
  let jsonBytes = 0;
  const save = async () => {
    for (const saved of await local.bulkDocs(docs)) if (!saved.ok) throw new Error(`not recorded: ${saved.message}`);
    docs = [];
  };
  for (const observation of observations(seed, count)) {
    jsonBytes += Buffer.byteLength(JSON.stringify(observation));
    if (docs.push(document(observation)) === 1000) await save();
  }
  if (docs.length > 0) await save();
  return { seconds: secondsSince(began), jsonBytes };
}

function secondsSince(began) {
  return Number(process.hrtime.bigint() - began) / 1e9;
}

// Ends by itself when everything is over there, or after `limit` seconds with what is there by then.
async function replicate(local, remote, tuning, limit) {
  const began = process.hrtime.bigint();
  // A copy: PouchDB writes into the options it is given.
  const replication = local.replicate.to(remote.database, { ...tuning });
  const timer = setTimeout(() => replication.cancel(), limit * 1000);
  let told = 0;
  replication.on("change", ({ docs_written: written }) => {
    if (secondsSince(began) - told < 10) return;
    told = secondsSince(began);
    process.stderr.write(`  ${written} replicated, ${told.toFixed(0)} s\n`);
  });
  const result = await replication;
  const seconds = secondsSince(began);
  clearTimeout(timer);
  if (result.doc_write_failures > 0) throw new Error(`${result.doc_write_failures} documents were refused`);
  return { docs: result.docs_written, seconds, complete: result.status === "complete" };
}

async function catchUp(hub, folder, options) {
  const local = new PouchDB(path.join(folder, "catch-up"));
  const recorded = await record(local, options.seed, options.count);
  const remote = hub.remote("catch-up", false);
  const done = await replicate(local, remote, options.tuning, options.limit);
  const counted = remote.counted();
  const { doc_count: there } = await remote.database.info();
  if (done.complete && there !== options.count) throw new Error(`${there} of ${options.count} documents arrived`);
  remote.close();
  await local.close();
  return {
    docs: done.docs,
    complete: done.complete,
    seconds: round(done.seconds, 3),
    docs_per_s: round(done.docs / done.seconds, 1),
    recorded_per_s: round(options.count / recorded.seconds, 1),
    json_bytes_per_doc: round(recorded.jsonBytes / options.count, 1),
    // What was on its way when time was up belongs to no document.
    wire: done.complete ? wireFigures(counted, done.docs, false) : null,
  };
}

// A run of its own, since squeezing takes processor time.
async function squeezed(hub, folder, options) {
  const local = new PouchDB(path.join(folder, "squeezed"));
  const count = Math.min(options.count, wireDocs);
  await record(local, options.seed, count);
  const remote = hub.remote("squeezed", true);
  const done = await replicate(local, remote, options.tuning, options.limit);
  const counted = remote.counted();
  remote.close();
  await local.close();
  return !done.complete ? null : { docs: done.docs, ...wireFigures(counted, done.docs, true) };
}

// One observation at a time under live replication, its connection open and its first one behind it.
async function single(hub, folder, options) {
  const local = new PouchDB(path.join(folder, "single"));
  const remote = hub.remote("single", true);
  await remote.database.info();
  const replication = local.replicate.to(remote.database, { ...options.tuning, live: true });
  let before;
  let sent = 0;
  for (const observation of observations(options.seed, singleDocs + 1)) {
    // Paused: the document and both checkpoints are written, and nothing is under way.
    const paused = new Promise((resolve) => replication.once("active", () => replication.once("paused", resolve)));
    await local.put(document(observation));
    await paused;
    if (sent++ === 0) before = remote.counted();
  }
  const after = remote.counted();
  replication.cancel();
  await replication;
  remote.close();
  await local.close();
  const spent = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]]));
  if (spent.connections > 0) throw new Error("a single observation opened a new connection");
  return { docs: singleDocs, ...wireFigures(spent, singleDocs, true) };
}

function wireFigures(counted, docs, squeeze) {
  const perDoc = (bytes) => round(bytes / docs, 1);
  return {
    up_bytes: counted.up,
    down_bytes: counted.down,
    requests: counted.requests,
    bytes_per_doc: perDoc(counted.up + counted.down),
    up_bytes_per_doc: perDoc(counted.up),
    ...(squeeze && { gzip_bytes_per_doc: perDoc(counted.up + counted.down - counted.saved) }),
  };
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}

function versionOf(name) {
  const manifest = path.join(here, "node_modules", name, "package.json");
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

function options() {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "7" },
      count: { type: "string", default: "10000" },
      "batch-size": { type: "string", default: "1000" },
      "batches-limit": { type: "string", default: "10" },
      limit: { type: "string", default: "900" },
      folder: { type: "string", default: path.resolve(here, "../../../build/bench") },
    },
  });
  const wholeOf = (name) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new Error(`--${name} must be a whole number above 0, not "${values[name]}"`);
  };
  return {
    seed: wholeOf("seed"),
    count: wholeOf("count"),
    tuning: { batch_size: wholeOf("batch-size"), batches_limit: wholeOf("batches-limit") },
    limit: wholeOf("limit"),
    folder: values.folder,
  };
}

async function main() {
  const given = options();
  mkdirSync(given.folder, { recursive: true });
  const folder = mkdtempSync(path.join(given.folder, "pouch-"));
  const hub = new Hub(path.join(folder, "hub"));
  process.once("exit", () => {
    hub.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
  await hub.listening();
  const figures = {
    ...(await catchUp(hub, folder, given)),
    gzipped: await squeezed(hub, folder, given),
    single: await single(hub, folder, given),
    ...given.tuning,
    versions: {
      pouchdb: versionOf("pouchdb"),
      "express-pouchdb": versionOf("express-pouchdb"),
      leveldown: versionOf("leveldown"),
      express: versionOf("express"),
      node: process.versions.node,
    },
  };
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`, () => process.exit(0));
}

main().catch((error) => {
  process.stderr.write(`pouch_catchup: ${error.message}\n`);
  process.exit(1);
});
