// better-sqlite3, which runs each query at once on JavaScript's only thread.
import Database from "better-sqlite3";

import { changes, columns, keys, record } from "./rows.mjs";

export function open(url) {
  const db = new Database(url.replace("sqlite://", ""), { fileMustExist: true });
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

  const oneWorld = db.prepare("SELECT id, number FROM bench_world WHERE id = ?");
  const setNumber = db.prepare("UPDATE bench_world SET number = ? WHERE id = ?");
  const allFortunes = db.prepare("SELECT id, message FROM bench_fortune");
  const firstItems = db.prepare(`SELECT ${columns} FROM bench_item ORDER BY id LIMIT 100`);
  const allItems = db.prepare(`SELECT ${columns} FROM bench_item`);
  const clearRecords = db.prepare("DELETE FROM bench_record");
  const addRecord = db.prepare("INSERT INTO bench_record (name, price, stock, active) VALUES (?, ?, ?, ?)");

  return {
    world: (id) => oneWorld.get(id),
    worlds: (seed) => keys(seed).map((id) => oneWorld.get(id)),
    update: db.transaction((seed) =>
      changes(seed).map(([id, number]) => {
        const world = oneWorld.get(id);
        world.number = number;
        setNumber.run(number, id);
        return world;
      }),
    ).immediate,
    fortunes: () => allFortunes.all(),
    firstItems: () => firstItems.all(),
    allItems: () => allItems.all(),
    replaceRecords: db.transaction((rows) => {
      clearRecords.run();
      for (let i = 0; i < rows; i++) {
        const [name, price, stock, active] = record(i);
        addRecord.run(name, price, stock, active ? 1 : 0);
      }
      return rows;
    }).immediate,
  };
}
