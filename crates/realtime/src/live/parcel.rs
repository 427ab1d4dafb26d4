//! What has become of some rows, and what of that each client is told.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use quintet_core::{Result, Value, meta::ModelMeta};

use super::{
    gather::Gathered,
    judge::{Judge, Row},
};
use crate::{hub::encode, layer::Position, wire};

/// Rows that were changed between two positions.
pub(super) struct Parcel {
    /// Their keys, and whether nothing is known of them but that they are new; none if it may be any rows.
    asked: Option<Vec<(Value, bool)>>,
    at: Position,
    /// Is some of it known to this process only, as the layer is away? Then it has no position.
    local: bool,
    rows: Vec<State>,
    /// What the same for many is, written once; nothing, if it is too much to be told.
    written: Mutex<HashMap<Vec<Outcome>, Option<Vec<Bytes>>>>,
}

struct State {
    key: Value,
    text: String,
    new: bool,
    /// None if it is not in the query.
    row: Option<Arc<Row>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Outcome {
    /// Nothing is said of it.
    Untold,
    Saved,
    Gone,
}

/// Where the messages of a parcel go.
#[derive(Clone, Copy)]
pub(super) struct Bound<'t> {
    pub(super) topic: &'t str,
    /// What is longer is not told: the client reads it again.
    pub(super) most: usize,
}

impl Parcel {
    pub(super) fn new(gathered: Gathered, local: bool) -> Self {
        let Gathered { rows: asked, at } = gathered;
        Parcel { asked, at, local, rows: Vec::new(), written: Mutex::default() }
    }

    /// May it be any rows?
    pub(super) fn is_any(&self) -> bool {
        self.asked.is_none()
    }

    /// Is there nothing to be told, to anybody?
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The keys of all rows, each once.
    pub(super) fn keys(parcels: &[Parcel], model: &ModelMeta) -> Vec<Value> {
        let mut known = HashSet::new();
        let asked = parcels.iter().filter_map(|parcel| parcel.asked.as_ref()).flatten();
        let once = asked.filter(|(key, _)| model.key_text(key).is_ok_and(|text| known.insert(text)));
        once.map(|(key, _)| key.clone()).collect()
    }

    /// Takes what the rows are now, of all that were loaded.
    pub(super) fn fill(&mut self, model: &ModelMeta, rows: &HashMap<String, Arc<Row>>) -> Result {
        for (key, new) in self.asked.iter().flatten() {
            let text = model.key_text(key)?;
            let row = rows.get(&text).cloned();
            self.rows.push(State { key: key.clone(), text, new: *new, row });
        }
        Ok(())
    }

    /// Leaves out rows that are not in the query, and of which everybody here knows that.
    pub(super) fn leave_out(&mut self, outside: &mut Hidden) {
        self.rows.retain(|state| match &state.row {
            Some(_) => {
                outside.forget(&state.text);
                true
            }
            None => !outside.add(&state.text) && !state.new,
        });
    }

    /// What one client is told; none if it had better read again what it shows.
    ///
    /// # Errors
    /// What keeps it from being known.
    pub(super) async fn for_one(
        &self,
        judge: &dyn Judge,
        hidden: &mut Hidden,
        to: Bound<'_>,
    ) -> Result<Option<Vec<Bytes>>> {
        let mut outcomes = Vec::with_capacity(self.rows.len());
        for state in &self.rows {
            let may = match &state.row {
                Some(row) => judge.of_all() || judge.may(row).await?,
                None => false,
            };
            outcomes.push(match may {
                true => {
                    hidden.forget(&state.text);
                    Outcome::Saved
                }
                // Who may see all that the query has, knows by its topic what it has not.
                false if judge.of_all() && state.new => Outcome::Untold,
                false if judge.of_all() => Outcome::Gone,
                false => match hidden.add(&state.text) || state.new {
                    true => Outcome::Untold,
                    false => Outcome::Gone,
                },
            });
        }
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(messages) = written.get(&outcomes) {
            return Ok(messages.clone());
        }
        let messages = self.write(&outcomes, to)?;
        written.insert(outcomes, messages.clone());
        Ok(messages)
    }

    fn write(&self, outcomes: &[Outcome], to: Bound<'_>) -> Result<Option<Vec<Bytes>>> {
        let of = |wanted: Outcome| {
            let all = self.rows.iter().zip(outcomes);
            all.filter(move |(_, outcome)| **outcome == wanted).map(|(state, _)| state)
        };
        let list = |event: &str, of: &str, items: &[Bytes]| {
            let mut text = format!(r#"{{"event":"{event}","{of}":["#).into_bytes();
            text.extend_from_slice(&items.join(&b","[..]));
            text.extend_from_slice(b"]}");
            text
        };
        let saved: Vec<Bytes> =
            of(Outcome::Saved).filter_map(|state| Some(state.row.as_ref()?.json.clone())).collect();
        let gone: Vec<Bytes> = of(Outcome::Gone).map(|state| encode(&state.key)).collect::<Result<_>>()?;
        let mut told = Vec::new();
        if !saved.is_empty() {
            told.push(list("saved", "rows", &saved));
        }
        if !gone.is_empty() {
            told.push(list("gone", "keys", &gone));
        }
        if told.iter().map(Vec::len).sum::<usize>() > to.most {
            return Ok(None);
        }
        // The position stands in the last: whoever is cut off before it hears all of them again.
        let last = told.len();
        let message = |(place, data): (usize, &Vec<u8>)| {
            wire::event(to.topic, (place + 1 == last && !self.local).then_some(self.at), data)
        };
        Ok(Some(told.iter().enumerate().map(message).collect()))
    }
}

/// Rows that somebody is known not to have: of those they hear nothing, not even that they are gone.
#[derive(Debug, Default)]
pub(super) struct Hidden(HashSet<String>);

impl Hidden {
    /// So many are known; then they are forgotten, and told as gone once more.
    const MOST: usize = 4_096;

    /// Notes that they do not have the row. Was that known?
    fn add(&mut self, key: &str) -> bool {
        if self.0.contains(key) {
            return true;
        }
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        self.0.insert(key.to_owned());
        false
    }

    fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// They may have read any rows.
    pub(super) fn clear(&mut self) {
        self.0 = HashSet::new();
    }
}
