//! Who hears of a model's writes, and how they are told.

use std::{
    any::TypeId,
    panic::Location,
    sync::{Arc, Mutex},
};

use quintet_core::{Error, Result, Value, meta::ModelMeta, on_heap};

use super::{
    Voice,
    raw::{Links, RawLinks, RawRow, RawSaving, Rows, Said},
};
use crate::{
    db::{Surroundings, Tx},
    executor::{Executor, Transaction},
    expr::RawAssign,
    model::Erased,
};

/// When receivers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Saving,
    Saved,
    Deleting,
    Deleted,
    LinksChanging,
    LinksChanged,
}

/// Savepoints inside savepoints from which on receivers must be calling each other without end. Each takes a part of the
/// stack.
const DEEPEST: u32 = 24;

/// The receivers of one model.
pub(crate) struct Ears {
    around: Arc<Surroundings>,
    meta: &'static ModelMeta,
    voice: &'static Voice,
    kinds: [TypeId; 6],
    at: &'static Location<'static>,
}

impl Ears {
    /// Those who hear of at least one of these moments; `None` if nobody does.
    pub(crate) fn of(
        db: &dyn Executor,
        meta: &'static ModelMeta,
        moments: &[Moment],
        at: &'static Location<'static>,
    ) -> Option<Ears> {
        let around = db.around()?;
        let voice: &'static Voice = meta.typed?.downcast_ref()?;
        let ears = Ears { around, meta, voice, kinds: voice.kinds, at };
        moments.iter().any(|moment| ears.hear(*moment)).then_some(ears)
    }

    /// Does anybody hear of this moment?
    pub(crate) fn hear(&self, moment: Moment) -> bool {
        self.around.signals.is_heard_as(self.kind(moment))
    }

    /// How rows are read for receivers.
    pub(crate) fn voice(&self) -> &'static Voice {
        self.voice
    }

    fn kind(&self, moment: Moment) -> TypeId {
        let [saving, saved, deleting, deleted, changing, changed] = self.kinds;
        match moment {
            Moment::Saving => saving,
            Moment::Saved => saved,
            Moment::Deleting => deleting,
            Moment::Deleted => deleted,
            Moment::LinksChanging => changing,
            Moment::LinksChanged => changed,
        }
    }

    /// Tells that a row is about to be saved, and gives back what is to be written now. Without a key it is a new one.
    pub(crate) async fn saving(
        &self,
        tx: &dyn Transaction,
        key: Option<Value>,
        before: Vec<(u16, Value)>,
        sets: Vec<RawAssign>,
    ) -> Result<Vec<RawAssign>> {
        if !self.hear(Moment::Saving) {
            return Ok(sets);
        }
        let mut told = None;
        self.tell(tx, Moment::Saving, |tx| {
            let raw = Arc::new(RawSaving { key, before, sets: Mutex::new(sets), tx });
            told = Some(raw.clone());
            Said::Saving(raw)
        })
        .await?;
        Ok(told.map(|raw| raw.take()).unwrap_or_default())
    }

    /// Tells of each of these rows.
    pub(crate) async fn rows(&self, tx: &dyn Transaction, moment: Moment, rows: &Rows) -> Result {
        if !self.hear(moment) {
            return Ok(());
        }
        for row in &rows.rows {
            let (row, fields, created) = (row.clone(), rows.fields.clone(), rows.created);
            self.tell(tx, moment, |tx| said(moment, RawRow { row, created, fields, tx })).await?;
        }
        Ok(())
    }

    /// [`rows`](Self::rows) where only the rows matter.
    pub(crate) async fn deleted(&self, tx: &dyn Transaction, moment: Moment, rows: &[Erased]) -> Result {
        let rows = Rows { rows: rows.to_vec(), created: false, fields: Vec::new() };
        self.rows(tx, moment, &rows).await
    }

    /// Tells of links.
    pub(crate) async fn links(&self, tx: &dyn Transaction, moment: Moment, links: Links) -> Result {
        if !self.hear(moment) {
            return Ok(());
        }
        self.tell(tx, moment, |tx| {
            let raw = Arc::new(RawLinks { links, tx });
            if moment == Moment::LinksChanging { Said::LinksChanging(raw) } else { Said::LinksChanged(raw) }
        })
        .await
    }

    async fn tell(&self, tx: &dyn Transaction, moment: Moment, make: impl FnOnce(Arc<Tx>) -> Said) -> Result {
        let inside = tx.inside();
        let (Some(db), Some(tx)) = (inside.db, inside.tx) else { return Ok(()) };
        if tx.depth() > DEEPEST {
            return Err(Error::internal(format!(
                "receivers of {} write rows whose receivers write rows of {} again, without end",
                self.meta.name, self.meta.name
            ))
            .at(self.at));
        }
        let (guest, stay) = tx.guest();
        let guest = Arc::new(guest);
        let event = self.voice.say(make(guest.clone()));
        let services = self.around.services();
        let kind = self.kind(moment);
        // For receivers that write rows with receivers: what is inside of one another is on the stack.
        let work = on_heap(|| self.around.signals.emit_erased(&services, kind, event));
        on_heap(|| db.in_receiver(self.at, services.clone().scope(work))).await?;
        drop(stay);
        tx.join(&guest);
        Ok(())
    }
}

fn said(moment: Moment, row: RawRow) -> Said {
    let row = Arc::new(row);
    match moment {
        Moment::Deleting => Said::Deleting(row),
        Moment::Deleted => Said::Deleted(row),
        _ => Said::Saved(row),
    }
}
