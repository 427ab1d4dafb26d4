// The benchmark's endpoints on Fastify and better-sqlite3, which runs each query at once on JavaScript's only thread.
//
//     node server.mjs PORT DATABASE
import Database from "better-sqlite3";
import { Eta } from "eta";
import Fastify from "fastify";

const [port, file] = process.argv.slice(2);
const ROWS = 20;

const db = new Database(file, { fileMustExist: true });
for (const pragma of [
  "journal_mode = WAL",
  "foreign_keys = ON",
  "synchronous = NORMAL",
  "temp_store = MEMORY",
  "cache_size = -16000",
  "mmap_size = 134217728",
  "journal_size_limit = 67108864",
])
  db.pragma(pragma);

const columns = "id, name, brand, price, rating, stock, active, category";
const oneWorld = db.prepare("SELECT id, number FROM bench_world WHERE id = ?");
const setNumber = db.prepare("UPDATE bench_world SET number = ? WHERE id = ?");
const allFortunes = db.prepare("SELECT id, message FROM bench_fortune");
const firstItems = db.prepare(`SELECT ${columns} FROM bench_item ORDER BY id LIMIT 100`);
const allItems = db.prepare(`SELECT ${columns} FROM bench_item`);
const clearRecords = db.prepare("DELETE FROM bench_record");
const addRecord = db.prepare("INSERT INTO bench_record (name, price, stock, active) VALUES (?, ?, ?, ?)");

const page = new Eta().compile(`<!DOCTYPE html>
<html>
<head><title>Fortunes</title></head>
<body>
<table>
<tr><th>id</th><th>message</th></tr>
<% it.fortunes.forEach(fortune => { %>
<tr><td><%= fortune.id %></td><td><%= fortune.message %></td></tr>
<% }) %>
</table>
</body>
</html>
`);
const eta = new Eta();

// See load/src/series.rs.
function series(seed) {
  let x = seed;
  return () => ((x = (x * 48271) % 2147483647) % 10000) + 1;
}

const updates = db.transaction((seed) => {
  const next = series(seed);
  const worlds = [];
  for (let i = 0; i < ROWS; i++) {
    const world = oneWorld.get(next());
    world.number = next();
    setNumber.run(world.number, world.id);
    worlds.push(world);
  }
  return worlds;
}).immediate;

const bulk = db.transaction((rows) => {
  clearRecords.run();
  for (let i = 0; i < rows; i++) addRecord.run(`Record ${i}`, i + 0.25, i % 1000, i % 2 === 0 ? 1 : 0);
  return { inserted: rows };
}).immediate;

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

const site = Fastify();

site.get("/plaintext", (_, reply) => {
  reply.type("text/plain; charset=utf-8").send("Hello, World!");
});
site.get("/json", answers(object({ message: string })), (_, reply) => {
  reply.send({ message: "Hello, World!" });
});
site.get("/one/:id", answers(world), (request, reply) => {
  reply.send(oneWorld.get(Number(request.params.id)));
});
site.get("/queries/:seed", worlds, (request, reply) => {
  const next = series(Number(request.params.seed));
  const found = [];
  for (let i = 0; i < ROWS; i++) found.push(oneWorld.get(next()));
  reply.send(found);
});
site.get("/updates/:seed", worlds, (request, reply) => {
  reply.send(updates(Number(request.params.seed)));
});
site.get("/fortunes", (_, reply) => {
  const fortunes = allFortunes.all();
  fortunes.push({ id: 0, message: "Additional fortune added at request time." });
  fortunes.sort((a, b) => (a.message < b.message ? -1 : a.message > b.message ? 1 : 0));
  reply.type("text/html; charset=utf-8").send(eta.render(page, { fortunes }));
});
site.get("/list", answers({ type: "array", items: item }), (_, reply) => {
  reply.send(firstItems.all());
});
site.get("/fetch", answers(object({ rows: integer, stock: integer, letters: integer })), (_, reply) => {
  const items = allItems.all();
  let stock = 0;
  let letters = 0;
  for (const item of items) {
    stock += item.stock;
    letters += item.name.length + item.brand.length;
  }
  reply.send({ rows: items.length, stock, letters });
});
site.get("/bulk/:rows", answers(object({ inserted: integer })), (request, reply) => {
  reply.send(bulk(Number(request.params.rows)));
});

await site.listen({ host: "127.0.0.1", port: Number(port) });
