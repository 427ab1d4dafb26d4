//! Foreign keys that came with the same rows: the first one that is asked for its object loads those of all.
//!
//! All of it knows the key's type and not the model's, so that it is compiled once for all models with such keys.

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
    model::{Erased, Model},
    query::QuerySet,
};

/// The objects by their keys.
type Objects<K> = HashMap<K, Erased>;

/// The foreign keys of one column of one answer.
pub(crate) struct Peers<K> {
    /// `Film.director`, or nothing.
    pub(crate) label: &'static str,
    keys: OnceLock<Vec<K>>,
    objects: OnceCell<Objects<K>>,
}

impl<K: Key> Peers<K> {
    fn new(label: &'static str) -> Arc<Self> {
        Arc::new(Peers { label, keys: OnceLock::new(), objects: OnceCell::new() })
    }

    /// A key that came with no row.
    pub(crate) fn alone(key: K) -> Arc<Self> {
        let peers = Self::new("");
        let _ = peers.keys.set(vec![key]);
        peers
    }

    /// The object of `key`, if the objects were loaded.
    pub(crate) fn loaded(&self, key: &K) -> Option<&Erased> {
        self.objects.get()?.get(key)
    }

    /// Loads the objects of all keys, once. `T` is the model that they are keys of.
    pub(crate) async fn load<T: Model<Pk = K>>(
        &self,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<&Objects<K>> {
        self.objects.get_or_try_init(|| self.query::<T>(db, at)).await
    }

    async fn query<T: Model<Pk = K>>(
        &self,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Objects<K>> {
        let different: HashSet<&K> = self.keys.get().into_iter().flatten().collect();
        let keys: Vec<Value> = different.into_iter().map(Key::to_key).collect();
        let mut objects: Objects<K> = HashMap::with_capacity(keys.len());
        for chunk in keys.chunks(keys_at_once(db.dialect().max_parameters, K::WIDTH)) {
            let some = Expr::from_node(key_in(T::meta(), chunk.to_vec()));
            let rows = QuerySet::<T>::new().unscoped().filter(some).rows(db, at).await?;
            for row in rows {
                objects.insert(row.pk(), Arc::new(row));
            }
        }
        Ok(objects)
    }
}

/// Collects the keys while rows are decoded.
pub(crate) struct Collector<K> {
    peers: Arc<Peers<K>>,
    keys: Vec<K>,
}

impl<K: Key> Collector<K> {
    /// In a box, as the decoder keeps it.
    pub(crate) fn boxed(label: &'static str) -> Box<dyn PeerList> {
        Box::new(Collector::<K> { peers: Peers::new(label), keys: Vec::new() })
    }

    pub(crate) fn add(&mut self, key: K) -> Arc<Peers<K>> {
        self.keys.push(key);
        self.peers.clone()
    }
}

impl<K: Key> PeerList for Collector<K> {
    fn finish(self: Box<Self>) {
        let _ = self.peers.keys.set(self.keys);
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
