// What the pages must say, counted from the file that the demo imports.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './site.mjs';

const rows = JSON.parse(readFileSync(join(ROOT, 'demo/cinema/data/movies.json'), 'utf8'));

// A film needs a title; some of them are numbers.
export const films = rows
  .filter(row => row.Title !== null && String(row.Title).trim() !== '')
  .map(row => ({ title: String(row.Title), director: row.Director, distributor: row.Distributor, genre: row['Major Genre'], rating: row['IMDB Rating'] }));

export const count = test => films.filter(test).length;
export const has = (text, part) => String(text ?? '').toLowerCase().includes(part.toLowerCase());
