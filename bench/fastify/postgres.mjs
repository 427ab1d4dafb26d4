// pg with its pool, and statements that the server keeps by name.
import pg from "pg";

import { changes, columns, keys, record } from "./rows.mjs";

/** As many for everything as raw and Quintet have for transactions. */
const CONNECTIONS = 10;
/** Rows in one statement of the bulk insert. */
const CHUNK = 10_000;

// Numbers of 64 bits come as strings unless told otherwise.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const statements = {
  world: "SELECT id, number FROM bench_world WHERE id = $1",
  setNumber: "UPDATE bench_world SET number = $1 WHERE id = $2",
  fortunes: "SELECT id, message FROM bench_fortune",
  firstItems: `SELECT ${columns} FROM bench_item ORDER BY id LIMIT 100`,
  allItems: `SELECT ${columns} FROM bench_item`,
  addRecords:
    "INSERT INTO bench_record (name, price, stock, active) SELECT * FROM unnest($1::text[], $2::float8[], $3::int8[], $4::bool[])",
};

export function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  const rows = async (on, name, values) => (await on.query({ name, text: statements[name], values })).rows;
  const oneWorld = async (on, id) => (await rows(on, "world", [id]))[0];

  async function atomic(work) {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      const done = await work(client);
      await client.query("COMMIT");
      return done;
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    } finally {
      client.release();
    }
  }

  return {
    world: (id) => oneWorld(pool, id),
    worlds: (seed) => Promise.all(keys(seed).map((id) => oneWorld(pool, id))),
    async worldsAwaited(seed) {
      const worlds = [];
      for (const id of keys(seed)) worlds.push(await oneWorld(pool, id));
      return worlds;
    },
    // A client sends its next query when the last one is answered: nothing is gained by asking for all at once.
    update: (seed) =>
      atomic(async (client) => {
        const worlds = [];
        for (const [id, number] of changes(seed)) {
          const world = await oneWorld(client, id);
          world.number = number;
          await rows(client, "setNumber", [number, id]);
          worlds.push(world);
        }
        return worlds;
      }),
    fortunes: () => rows(pool, "fortunes"),
    firstItems: () => rows(pool, "firstItems"),
    allItems: () => rows(pool, "allItems"),
    replaceRecords: (count) =>
      atomic(async (client) => {
        await client.query("DELETE FROM bench_record");
        for (let start = 0; start < count; start += CHUNK) {
          const chunk = Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => record(start + i));
          await rows(client, "addRecords", [0, 1, 2, 3].map((column) => chunk.map((row) => row[column])));
        }
        return count;
      }),
  };
}
