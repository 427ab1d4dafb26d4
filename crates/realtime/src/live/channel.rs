//! Topics that tell browsers what becomes of the rows of a query.

use std::{any::Any, panic::Location, sync::Arc};

use quintet_core::{BoxFuture, Error, Result};
use quintet_macros::data;
use quintet_orm::{LiveModel, QuerySet};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    Allow,
    feed::{Entering, Feed, Place},
    judge::{Judge, Judged, Rows, Source},
    told::topic,
};
use crate::{
    Channeling, Client, Join, Topic,
    hub::{
        connection::{
            Me,
            any::{AnyTopic, Seat, Seating},
        },
        registry::{Declared, Open},
    },
    layer::Position,
    send::Via,
};

/// A topic of rows: whoever is in it hears what becomes of those that they may see.
///
/// ```
/// use quintet_core::Result;
/// use quintet_orm::prelude::*;
/// use quintet_realtime::{Allow, Client, LiveChannel, channel};
///
/// #[model(app = "docs", live)]
/// pub struct Review { pub film: i64, pub text: String, pub hidden: bool }
///
/// /// What goes out of a review.
/// #[derive(Shape)]
/// #[shape(model = Review)]
/// pub struct ReviewRow { id: i64, text: String }
///
/// #[channel("reviews:{film}")]
/// pub struct FilmReviews { pub film: i64 }
///
/// impl LiveChannel for FilmReviews {
///     type Model = Review;
///     type Row = ReviewRow;
///
///     fn rows(&self) -> QuerySet<Review, ReviewRow> {
///         Review.filter(Review.film.eq(self.film)).shape()
///     }
///
///     async fn join(&self, _: &Client<Self>) -> Result<Allow<Review>> {
///         Ok(Allow::when(|review: &Review| !review.hidden))
///     }
/// }
/// ```
///
/// An app opens it by [`live_channel`](LiveChanneling::live_channel). Its clients hear [`enum@RowNews`], and of a gap where they had better read
/// again what they show; they say nothing in it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no channel of rows",
    label = "needs #[channel(\"topic:{{id}}\")] and `impl LiveChannel for {Self}`"
)]
pub trait LiveChannel: Topic {
    /// Whose changes are followed: a model that is `#[model(live)]`.
    type Model: LiveModel;
    /// What goes out of a row: a shape. The model itself is all of its fields but those that are secret.
    type Row: Serialize + Send + Sync + 'static;

    /// Which rows: the same for all who are in the topic, so that each change is asked for once in a process.
    fn rows(&self) -> QuerySet<Self::Model, Self::Row>;

    /// May this client be in the topic, and of which of the rows may it hear? An error refuses it. It is asked again when something about
    /// the client's user has changed: an error puts it out then, and else it is told to read again what it shows.
    fn join(&self, me: &Client<Self>) -> impl Future<Output = Result<Allow<Self::Model>>> + Send;

    /// Where the changes of the model are now, for the page whose rows are read after this: with it as `after`, a browser hears what the page
    /// does not show yet.
    ///
    /// # Errors
    /// If nothing knows the site's channels here, 503 if the layer can't be reached.
    fn position<V: Via + ?Sized>(&self, via: &V) -> impl Future<Output = Result<Position>> + Send {
        let channels = via.channels();
        async move { channels?.position(&topic(<Self::Model as quintet_orm::Model>::meta())).await }
    }
}

/// What clients of a [`LiveChannel`] hear.
#[data]
#[derive(Debug, Clone, PartialEq)]
pub enum RowNews {
    /// Rows that are new or have changed, as they are now. They may have been told, or read, like this before.
    Saved {
        /// What goes out of each. None, where the client is only told up to where it has heard everything.
        rows: Vec<serde_json::Value>,
    },
    /// Rows that are not there any more, or may not be seen any more. Some of them may never have been there.
    Gone {
        /// Their keys; a list, where a key has several columns.
        keys: Vec<serde_json::Value>,
    },
}

/// `.live_channel::<FilmReviews>()`, on apps and sites.
pub trait LiveChanneling: Channeling {
    /// Lets clients join the topics of this channel of rows.
    #[must_use]
    #[track_caller]
    fn live_channel<C: LiveChannel>(mut self) -> Self {
        let at = Location::caller();
        let open: Open = Arc::new(|params| Ok(Arc::new(Following(C::from_params(params)?))));
        self.channels().push(Declared { pattern: C::PATTERN, at, open });
        self
    }
}

impl<S: Channeling> LiveChanneling for S {}

/// A channel of rows behind the trait that knows no types.
struct Following<C>(C);

impl<C: LiveChannel> Following<C> {
    async fn judge(&self, me: Me) -> Result<Arc<dyn Judge>> {
        let allow = self.0.join(&Client::new(me)?).await?;
        Ok(Arc::new(Judged(allow)))
    }
}

impl<C: LiveChannel> Seating for Following<C> {
    fn enter<'a>(
        &'a self,
        me: Me,
        reference: &'a str,
        after: Option<Option<Position>>,
    ) -> BoxFuture<'a, Result<Arc<dyn Seat>>> {
        Box::pin(async move {
            let connection = me.connection.clone();
            let (name, db) = (me.lane.topic.clone(), Client::<C>::new(me.again())?.db.outside().primary());
            let query = self.0.rows();
            if query.is_cut() {
                return Err(Error::internal(format!(
                    "`rows` of the channel `{}` has `limit` or `offset`: a change of one row would change which others are in it; \
                     leave it out, and cut what is shown",
                    C::PATTERN
                )));
            }
            let judge = self.judge(me).await?;
            let entering = Entering { reference: reference.into(), after };
            let source = || -> Box<dyn Source> { Box::new(Rows { query, db }) };
            let hub = connection.hub().clone();
            let place = Feed::enter(&hub, &name, source, (connection, judge, entering)).await?;
            Ok(Arc::new(place) as Arc<dyn Seat>)
        })
    }

    fn again<'a>(&'a self, me: Me, seat: Arc<dyn Seat>, changed: bool) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let judge = self.judge(me).await?;
            let seat: Arc<dyn Any + Send + Sync> = seat;
            if let Ok(place) = seat.downcast::<Place>() {
                place.judged_by(judge, changed);
            }
            Ok(())
        })
    }
}

fn only_told(pattern: &str) -> Error {
    Error::new(
        http::StatusCode::METHOD_NOT_ALLOWED,
        format!("`{pattern}` tells what becomes of rows; nobody says anything in it."),
    )
}

impl<C: LiveChannel> AnyTopic for Following<C> {
    fn join<'a>(&'a self, _: Me) -> BoxFuture<'a, Result<Join>> {
        Box::pin(std::future::ready(Err(only_told(C::PATTERN))))
    }

    fn hear<'a>(&'a self, _: &'a RawValue, _: Me) -> BoxFuture<'a, Result> {
        Box::pin(std::future::ready(Err(only_told(C::PATTERN))))
    }

    fn understands(&self, _: &serde_json::Value) -> Result {
        Err(only_told(C::PATTERN))
    }

    fn seating(&self) -> Option<&dyn Seating> {
        Some(self)
    }

    fn left<'a>(&'a self, _: Me) -> BoxFuture<'a, Result> {
        Box::pin(std::future::ready(Ok(())))
    }
}
