// The benchmark's endpoints on Fastify.
//
//     node server.mjs PORT URL
//
// The URL names the database: sqlite:///file or postgres://user:password@host:port/database.
import Fastify from "fastify";

import * as pages from "./pages.mjs";
import * as postgres from "./postgres.mjs";
import * as sqlite from "./sqlite.mjs";

const [port, url] = process.argv.slice(2);
const db = (url.startsWith("sqlite:") ? sqlite : postgres).open(url);

// Fastify writes JSON by a schema faster than without.
const number = { type: "number" };
const integer = { type: "integer" };
const string = { type: "string" };
const answers = (schema) => ({ schema: { response: { 200: schema } } });
const object = (properties) => ({ type: "object", properties });
const world = object({ id: integer, number: integer });
const worlds = answers({ type: "array", items: world });
const item = object({
  id: integer,
  name: string,
  brand: string,
  price: number,
  rating: { type: ["number", "null"] },
  stock: integer,
  active: { type: "boolean" },
  category: integer,
});

/** Sends what is found: at once if it is there already, so that SQLite pays for no promise. */
function then(found, reply, send) {
  return found instanceof Promise ? found.then((rows) => (send(rows), reply)) : send(found);
}
const json = (find) => (request, reply) => then(find(request.params), reply, (found) => reply.send(found));
const page = (find, render) => (_, reply) =>
  then(find(), reply, (found) => reply.type("text/html; charset=utf-8").send(render(found)));

const site = Fastify();

site.get("/plaintext", (_, reply) => {
  reply.type("text/plain; charset=utf-8").send("Hello, World!");
});
site.get("/json", answers(object({ message: string })), (_, reply) => {
  reply.send({ message: "Hello, World!" });
});
site.get("/one/:id", answers(world), json(({ id }) => db.world(Number(id))));
site.get("/queries/:seed", worlds, json(({ seed }) => db.worlds(Number(seed))));
if (db.worldsAwaited) site.get("/queries-awaited/:seed", worlds, json(({ seed }) => db.worldsAwaited(Number(seed))));
site.get("/updates/:seed", worlds, json(({ seed }) => db.update(Number(seed))));
site.get("/fortunes", page(db.fortunes, pages.fortunes));
site.get("/page", page(db.firstItems, pages.items));
// SQLite's booleans are numbers; the schema writes them as booleans.
site.get("/list", answers({ type: "array", items: item }), json(db.firstItems));

function count(items) {
  let stock = 0;
  let letters = 0;
  for (const item of items) {
    stock += item.stock;
    letters += item.name.length + item.brand.length;
  }
  return { rows: items.length, stock, letters };
}
site.get("/fetch", answers(object({ rows: integer, stock: integer, letters: integer })), (_, reply) =>
  then(db.allItems(), reply, (items) => reply.send(count(items))),
);
site.get("/bulk/:rows", answers(object({ inserted: integer })), (request, reply) =>
  then(db.replaceRecords(Number(request.params.rows)), reply, (inserted) => reply.send({ inserted })),
);

await site.listen({ host: "127.0.0.1", port: Number(port) });
