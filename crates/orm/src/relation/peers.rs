//! Foreign keys that came with the same rows: the first one that is asked for its object loads those of all.

use std::{
    any::Any,
    collections::{HashMap, HashSet},
    panic::Location,
    sync::{Arc, OnceLock},
};

use quintet_core::{Result, Value};
use tokio::sync::OnceCell;

use crate::{
    decode::PeerList,
    executor::Executor,
    expr::Expr,
    key::{Key, key_in, keys_at_once},
    model::Model,
    query::QuerySet,
};

/// The foreign keys of one column of one answer.
pub(crate) struct Peers<T: Model> {
    /// `Film.director`, or nothing.
    pub(crate) label: &'static str,
    keys: OnceLock<Vec<T::Pk>>,
    objects: OnceCell<HashMap<T::Pk, Arc<T>>>,
}

impl<T: Model> Peers<T> {
    fn new(label: &'static str) -> Arc<Self> {
        Arc::new(Peers { label, keys: OnceLock::new(), objects: OnceCell::new() })
    }

    /// A key that came with no row.
    pub(crate) fn alone(key: T::Pk) -> Arc<Self> {
        let peers = Self::new("");
        let _ = peers.keys.set(vec![key]);
        peers
    }

    /// The object of `key`, if the objects were loaded.
    pub(crate) fn loaded(&self, key: &T::Pk) -> Option<&T> {
        self.objects.get()?.get(key).map(|object| &**object)
    }

    /// Loads the objects of all keys, once.
    pub(crate) async fn load(
        &self,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<&HashMap<T::Pk, Arc<T>>> {
        self.objects.get_or_try_init(|| self.query(db, at)).await
    }

    async fn query(
        &self,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<HashMap<T::Pk, Arc<T>>> {
        let different: HashSet<&T::Pk> = self.keys.get().into_iter().flatten().collect();
        let keys: Vec<Value> = different.into_iter().map(Key::to_key).collect();
        let mut objects = HashMap::with_capacity(keys.len());
        for chunk in keys.chunks(keys_at_once(db.dialect().max_parameters, T::Pk::WIDTH)) {
            let some = Expr::from_node(key_in(T::meta(), chunk.to_vec()));
            let rows = QuerySet::<T>::new().unscoped().filter(some).rows(db, at).await?;
            objects.extend(rows.into_iter().map(|row| (row.pk(), Arc::new(row))));
        }
        Ok(objects)
    }
}

/// Collects the keys while rows are decoded.
pub(crate) struct Collector<T: Model> {
    pub(crate) peers: Arc<Peers<T>>,
    keys: Vec<T::Pk>,
}

impl<T: Model> Collector<T> {
    pub(crate) fn new(label: &'static str) -> Self {
        Collector { peers: Peers::new(label), keys: Vec::new() }
    }

    pub(crate) fn add(&mut self, key: T::Pk) -> Arc<Peers<T>> {
        self.keys.push(key);
        self.peers.clone()
    }
}

impl<T: Model> PeerList for Collector<T> {
    fn finish(self: Box<Self>) {
        let _ = self.peers.keys.set(self.keys);
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
