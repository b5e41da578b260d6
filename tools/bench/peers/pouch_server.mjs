// The peer's hub: express-pouchdb over leveldb files, in this one process. pouch_catchup.mjs starts it with a folder
// and gets the port back; it ends with its parent.

import process from "node:process";
import express from "express";
import expressPouchDB from "express-pouchdb";
import PouchDB from "pouchdb";

const [folder] = process.argv.slice(2);
const app = express();
app.disable("x-powered-by");
// LevelDB's usual write buffer is 4 MB; batches of 1000 documents fill it every few seconds.
const Databases = PouchDB.defaults({ prefix: `${folder}/`, writeBufferSize: 64 << 20 });
// The routes that replication needs, without the log, sessions and validation of the full server.
app.use(expressPouchDB(Databases, { mode: "minimumForPouchDB" }));
const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
server.keepAliveTimeout = 600_000;
process.on("disconnect", () => process.exit(0));
