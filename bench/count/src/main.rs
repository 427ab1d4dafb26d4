//! Does one thing many times, by the ORM or by hand, and nothing else: `bench/instructions` counts what it takes.
//!
//! `bench-count orm|raw WORK TIMES FILE`
mod by_hand;
mod by_orm;

use std::path::Path;

pub(crate) const ROWS: usize = 20;
pub(crate) const BULK: i64 = 10_000;

/// Keys, as in `load/src/series.rs`.
pub(crate) struct Series(pub(crate) i64);

impl Series {
    pub(crate) fn key(&mut self) -> i64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % 10_000 + 1
    }
}

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [how, work, times, file] = given.as_slice() else {
        panic!("bench-count orm|raw WORK TIMES FILE");
    };
    let times: usize = times.parse().expect("TIMES is a number");
    let sum = match how.as_str() {
        "orm" => by_orm::run(work, times, Path::new(file)),
        "raw" => by_hand::run(work, times, Path::new(file)),
        other => panic!("orm or raw, not {other}"),
    };
    // So that nothing is left out because nobody looks at it.
    println!("{sum}");
}
