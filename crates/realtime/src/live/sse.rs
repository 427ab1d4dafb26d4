//! Live rows as server-sent events.

use quintet_core::Result;
use quintet_orm::{Model, key::Key};

use super::{Live, LiveNews, rows::News};
use crate::sse::{Event, Item, Sse};

impl<M: Model, R: Send + Sync + 'static> Live<M, R> {
    /// Server-sent events of what changes: those that `tell` makes of each news, none or several.
    ///
    /// Their ids are positions, so that [`after`](Self::after) with the
    /// [`LastEventId`](crate::sse::LastEventId) of a client that comes back tells it what it has missed.
    pub fn sse<F, E>(self, mut tell: F) -> Sse
    where
        F: FnMut(LiveNews<M, R>) -> E + Send + 'static,
        E: IntoIterator<Item: Item>,
    {
        self.events(move |news| tell(news.told))
    }

    /// Server-sent events without any row, for pages that then ask for what they show: `changed`, with the keys as JSON
    /// (`{"saved":[7],"gone":[]}`), and `reload`.
    pub fn sse_changed(self) -> Sse {
        self.events(|News { keys: saved, told }| {
            let (saved, gone) = match told {
                LiveNews::Saved(_) => (saved, Vec::new()),
                LiveNews::Gone(keys) => (Vec::new(), keys),
                LiveNews::Reload => return [Ok(Event::new().event("reload"))],
            };
            let keys = |keys: Vec<M::Pk>| -> Vec<_> { keys.iter().map(Key::to_key).collect() };
            [Event::json(&serde_json::json!({ "saved": keys(saved), "gone": keys(gone) }))
                .map(|event| event.event("changed"))]
        })
    }

    /// Server-sent events of rows as JSON, and nothing else: `saved` with a list of what the query makes of them, `gone` with a list of
    /// keys, and `reload`.
    ///
    /// With a [shape](quintet_orm::Shape) that is what goes out, and no more.
    pub fn sse_rows(self) -> Sse
    where
        R: serde::Serialize,
    {
        self.events(|news| {
            [match news.told {
                LiveNews::Saved(rows) => {
                    let rows: Vec<&R> = rows.iter().map(AsRef::as_ref).collect();
                    Event::json(&rows).map(|event| event.event("saved"))
                }
                LiveNews::Gone(keys) => {
                    let keys: Vec<_> = keys.iter().map(Key::to_key).collect();
                    Event::json(&keys).map(|event| event.event("gone"))
                }
                LiveNews::Reload => Ok(Event::new().event("reload")),
            }]
        })
    }

    fn events<F, E>(mut self, mut tell: F) -> Sse
    where
        F: FnMut(News<M, R>) -> E + Send + 'static,
        E: IntoIterator<Item: Item>,
    {
        Sse::write(move |events| async move {
            // Who comes back before anything has changed says this. Who has come back has one, which counts until it is told what it missed.
            if !self.resumed {
                events.send(Event::new().id(self.position().to_string())).await?;
            }
            while let Some(news) = self.next_news().await? {
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
}
