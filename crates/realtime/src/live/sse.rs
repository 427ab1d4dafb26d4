//! Live rows as server-sent events.

use quintet_core::Result;
use quintet_orm::{Model, key::Key};

use super::{Live, LiveNews};
use crate::sse::{Event, Item, Sse};

impl<M: Model> Live<M> {
    /// Server-sent events of what changes: those that `tell` makes of each news, none or several.
    ///
    /// Their ids are positions, so that [`after`](Self::after) with the
    /// [`LastEventId`](crate::sse::LastEventId) of a client that comes back tells it what it has missed.
    pub fn sse<F, E>(mut self, mut tell: F) -> Sse
    where
        F: FnMut(LiveNews<M>) -> E + Send + 'static,
        E: IntoIterator<Item: Item>,
    {
        Sse::write(move |events| async move {
            // Who comes back before anything has changed says this. Who has come back has one, which counts until it is told what it missed.
            if !self.resumed {
                events.send(Event::new().id(self.position().to_string())).await?;
            }
            while let Some(news) = self.next().await? {
                let told: Vec<Event> = tell(news).into_iter().map(Item::into_event).collect::<Result<_>>()?;
                for event in told {
                    events.send(event).await?;
                }
                // After all that belongs together: a part of it is not all of it.
                if self.is_whole() {
                    events.send(Event::new().id(self.position().to_string())).await?;
                }
            }
            Ok(())
        })
    }

    /// Server-sent events without any row, for pages that then ask for what they show: `changed`, with the keys as JSON
    /// (`{"saved":[7],"gone":[]}`), and `reload`.
    pub fn sse_changed(self) -> Sse {
        self.sse(|news| {
            let (mut saved, mut gone) = (Vec::new(), Vec::new());
            match news {
                LiveNews::Saved(rows) => saved.extend(rows.iter().map(|row| row.pk().to_key())),
                LiveNews::Gone(keys) => gone.extend(keys.iter().map(Key::to_key)),
                LiveNews::Reload => return [Ok(Event::new().event("reload"))],
            }
            [Event::json(&serde_json::json!({ "saved": saved, "gone": gone }))
                .map(|event| event.event("changed"))]
        })
    }
}
