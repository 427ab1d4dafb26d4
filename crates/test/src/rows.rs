//! Clients of channels of rows.

use std::{marker::PhantomData, panic::Location};

use quintet_core::{Error, Result};
use quintet_realtime::{Channel, Client, Join, LiveChannel, RowNews, Topic, layer::Position};

use crate::{TestClient, TestRoom};

/// A [`LiveChannel`] as a [`TestRoom`] hears it.
pub struct RowsOf<C>(String, PhantomData<fn() -> C>);

impl<C: LiveChannel> std::fmt::Debug for RowsOf<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RowsOf").field(&self.0).finish()
    }
}

impl TestClient {
    /// Connects as this browser, with its cookies, and joins a topic of rows: `next()` is what is told of them, as it goes out.
    ///
    /// ```no_run
    /// # use quintet_core::Result;
    /// # use quintet_orm::prelude::*;
    /// # use quintet_realtime::{Allow, Client, LiveChannel, RowNews, channel};
    /// # #[model(app = "docs", live)] #[derive(Clone)] pub struct Note { pub text: String }
    /// # #[channel("notes")] pub struct Notes {}
    /// # impl LiveChannel for Notes {
    /// #     type Model = Note; type Row = Note;
    /// #     fn rows(&self) -> QuerySet<Note> { Note.query() }
    /// #     async fn join(&self, _: &Client<Self>) -> Result<Allow<Note>> { Ok(Allow::everybody()) }
    /// # }
    /// # async fn show(site: quintet_test::TestSite) -> Result {
    /// let mut ann = site.join_live(Notes {}).await?;
    /// let note = create!(Note { text: "hello" }).insert(&site.db).await?;
    /// assert_eq!(ann.next().await, RowNews::Saved { rows: vec![serde_json::json!({ "id": note.id, "text": "hello" })] });
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As those of [`join`](Self::join).
    ///
    /// # Panics
    /// If nothing is answered within five seconds.
    #[track_caller]
    pub fn join_live<C: LiveChannel>(
        &self,
        topic: C,
    ) -> impl Future<Output = Result<TestRoom<RowsOf<C>>>> + use<C> {
        self.enter(topic.topic(), None, None, Location::caller())
    }

    /// The same, as a page that was made when the changes of the model were at this position.
    ///
    /// # Errors
    /// As those of [`join`](Self::join).
    ///
    /// # Panics
    /// If nothing is answered within five seconds.
    #[track_caller]
    pub fn join_live_after<C: LiveChannel>(
        &self,
        topic: C,
        after: Position,
    ) -> impl Future<Output = Result<TestRoom<RowsOf<C>>>> + use<C> {
        self.enter(topic.topic(), Some(after.to_string()), None, Location::caller())
    }
}

fn heard_only() -> Error {
    Error::internal("a test hears a channel of rows, and is none")
}

impl<C: LiveChannel> Topic for RowsOf<C> {
    const PATTERN: &'static str = C::PATTERN;

    fn topic(&self) -> String {
        self.0.clone()
    }

    fn from_params(params: &quintet_realtime::rt::Params<'_>) -> Result<Self> {
        Ok(RowsOf(C::from_params(params)?.topic(), PhantomData))
    }
}

impl<C: LiveChannel> Channel for RowsOf<C> {
    type In = RowNews;
    type Out = RowNews;

    async fn join(&self, _: &Client<Self>) -> Result<Join> {
        Err(heard_only())
    }

    async fn hear(&self, _: RowNews, _: &Client<Self>) -> Result {
        Err(heard_only())
    }
}
