//! Statements as the server knows them, kept for the next time.

use std::{
    collections::HashMap,
    hash::BuildHasherDefault,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::hash::Quick;

/// How a value is written on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Binary,
}

impl Format {
    pub(super) fn code(self) -> i16 {
        match self {
            Format::Text => 0,
            Format::Binary => 1,
        }
    }
}

/// A column of an answer.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: Box<str>,
    pub(super) oid: u32,
    pub(super) format: Format,
}

/// A statement that the server has described.
#[derive(Debug)]
pub(super) struct Plan {
    /// The name under which the server keeps it; empty if it does not.
    pub(super) name: String,
    /// The types of the parameters.
    pub(super) params: Box<[u32]>,
    pub(super) columns: Arc<[Column]>,
    used: AtomicU64,
}

impl Plan {
    pub(super) fn new(name: String, params: Box<[u32]>, columns: Vec<Column>) -> Arc<Plan> {
        Arc::new(Plan { name, params, columns: columns.into(), used: AtomicU64::new(0) })
    }
}

/// The plans of one connection.
pub(super) struct Plans {
    by_sql: HashMap<Box<str>, Arc<Plan>, BuildHasherDefault<Quick>>,
    most: usize,
    /// Does the server keep them, under names? It must not where a pooler gives each transaction another
    /// server.
    named: bool,
    clock: u64,
    next: u64,
}

impl Plans {
    pub(super) fn new(most: usize, named: bool) -> Plans {
        // Without room for a plan nothing is kept, so nothing may be named.
        Plans { by_sql: HashMap::default(), most, named: named && most > 0, clock: 0, next: 0 }
    }

    #[inline]
    pub(super) fn get(&mut self, sql: &str) -> Option<Arc<Plan>> {
        let plan = self.by_sql.get(sql)?;
        self.clock += 1;
        plan.used.store(self.clock, Ordering::Relaxed);
        Some(plan.clone())
    }

    /// Does the server keep them?
    pub(super) fn are_named(&self) -> bool {
        self.named
    }

    /// A name for a new plan.
    pub(super) fn name(&mut self) -> String {
        if !self.named {
            return String::new();
        }
        self.next += 1;
        format!("q{}", self.next)
    }

    /// Keeps a plan.
    pub(super) fn insert(&mut self, sql: &str, plan: Arc<Plan>) {
        if self.most == 0 {
            return;
        }
        self.clock += 1;
        plan.used.store(self.clock, Ordering::Relaxed);
        self.by_sql.insert(sql.into(), plan);
    }

    /// Makes room for one more: the plan that was not used for the longest time, for the server to forget.
    pub(super) fn make_room(&mut self) -> Option<Arc<Plan>> {
        if self.most == 0 || self.by_sql.len() < self.most {
            return None;
        }
        let oldest = self.by_sql.iter().min_by_key(|(_, plan)| plan.used.load(Ordering::Relaxed))?.0.clone();
        self.by_sql.remove(&oldest)
    }

    /// Forgets a plan that no longer fits the schema.
    pub(super) fn remove(&mut self, sql: &str) -> Option<Arc<Plan>> {
        self.by_sql.remove(sql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(plans: &mut Plans) -> Arc<Plan> {
        Plan::new(plans.name(), Box::default(), Vec::new())
    }

    #[test]
    fn the_plan_unused_for_longest_goes_first() {
        let mut plans = Plans::new(2, true);
        for sql in ["a", "b"] {
            assert!(plans.make_room().is_none());
            let new = plan(&mut plans);
            plans.insert(sql, new);
        }
        assert_eq!(plans.get("a").unwrap().name, "q1");
        assert_eq!(plans.make_room().unwrap().name, "q2");
        assert!(plans.get("b").is_none() && plans.get("a").is_some());
    }

    #[test]
    fn nothing_is_named_where_nothing_is_kept() {
        let mut plans = Plans::new(0, true);
        let new = plan(&mut plans);
        assert_eq!(new.name, "");
        plans.insert("a", new);
        assert!(plans.get("a").is_none() && plans.make_room().is_none());
        assert_eq!(Plans::new(2, false).name(), "");
    }
}
