//! What the tables hold, and which keys follow from a seed.

use serde::Serialize;

/// Rows in the answer to a seed.
pub const ROWS: usize = 20;

/// See `load/src/series.rs`.
pub struct Series(pub i64);

impl Series {
    pub fn key(&mut self) -> i64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % 10_000 + 1
    }

    /// The keys of the rows to read.
    pub fn keys(seed: i64) -> [i64; ROWS] {
        let mut series = Series(seed);
        std::array::from_fn(|_| series.key())
    }

    /// The keys of the rows to change, each with the row's new number, by key: transactions that lock rows in different
    /// orders would wait for each other for ever.
    pub fn changes(seed: i64) -> [(i64, i64); ROWS] {
        let mut series = Series(seed);
        let mut changes = std::array::from_fn(|_| (series.key(), series.key()));
        changes.sort_by_key(|(id, _)| *id);
        changes
    }
}

#[derive(Serialize)]
pub struct World {
    pub id: i64,
    pub number: i64,
}

#[derive(Serialize)]
pub struct Fortune {
    pub id: i64,
    pub message: String,
}

#[derive(Serialize)]
pub struct Item {
    pub id: i64,
    pub name: String,
    pub brand: String,
    pub price: f64,
    pub rating: Option<f64>,
    pub stock: i64,
    pub active: bool,
    pub category: i64,
}

/// The bulk insert's row of this number.
pub struct Record {
    pub name: String,
    pub price: f64,
    pub stock: i64,
    pub active: bool,
}

impl Record {
    pub fn new(i: u64) -> Record {
        Record {
            name: format!("Record {i}"),
            price: i as f64 + 0.25,
            stock: (i % 1000) as i64,
            active: i.is_multiple_of(2),
        }
    }
}
