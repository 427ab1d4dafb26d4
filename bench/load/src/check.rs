//! What a right answer is.

use std::{array, str::FromStr};

use serde::Deserialize;

use crate::{connection::Asked, series::Series};

/// Rows in the answer to a seed.
const ROWS: usize = 20;

#[derive(Debug, Default)]
pub enum Check {
    /// Byte by byte as the first answer. Whether that one is right has been compared between the servers.
    #[default]
    Same,
    SameAs(Vec<u8>),
    /// The row that was asked for.
    Row,
    /// The rows that follow from the seed.
    Rows,
    /// The rows that follow from the seed, by key, with their new numbers.
    NewNumbers,
}

#[derive(Deserialize)]
struct World {
    id: u64,
    number: u64,
}

impl FromStr for Check {
    type Err = String;

    fn from_str(name: &str) -> Result<Check, String> {
        Ok(match name {
            "same" => Check::Same,
            "row" => Check::Row,
            "rows" => Check::Rows,
            "new-numbers" => Check::NewNumbers,
            other => return Err(format!("CHECK is same, row, rows or new-numbers, not `{other}`")),
        })
    }
}

impl Check {
    pub fn answer(&mut self, asked: &Asked, body: &[u8]) -> Result<(), String> {
        match self {
            Check::Same => {
                *self = Check::SameAs(body.to_vec());
                Ok(())
            }
            Check::SameAs(first) if first == body => Ok(()),
            Check::SameAs(first) => Err(format!(
                "answers differ: first {} bytes, now {}: {}",
                first.len(),
                body.len(),
                String::from_utf8_lossy(body.get(..body.len().min(200)).unwrap_or_default())
            )),
            Check::Row => match parsed::<World>(body)? {
                row if row.id == asked.number => Ok(()),
                row => Err(format!("answered with row {}", row.id)),
            },
            Check::Rows => {
                let mut series = Series::new(asked.number);
                rows(body)?.iter().try_for_each(|row| expect("id", row.id, series.key()))
            }
            Check::NewNumbers => {
                let mut series = Series::new(asked.number);
                let mut wanted: [_; ROWS] = array::from_fn(|_| (series.key(), series.key()));
                wanted.sort_by_key(|(id, _)| *id);
                rows(body)?.iter().zip(wanted).try_for_each(|(row, (id, number))| {
                    expect("id", row.id, id)?;
                    expect("number", row.number, number)
                })
            }
        }
    }
}

fn rows(body: &[u8]) -> Result<Vec<World>, String> {
    let rows: Vec<World> = parsed(body)?;
    if rows.len() == ROWS { Ok(rows) } else { Err(format!("{} rows instead of {ROWS}", rows.len())) }
}

fn parsed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(body)))
}

fn expect(what: &str, found: u64, wanted: u64) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what} {found} instead of {wanted}")) }
}
