use std::{
    any::{Any, TypeId},
    fmt,
    future::Future,
    marker::PhantomData,
    panic::Location,
    sync::{Arc, PoisonError},
};

use axum_core::extract::FromRequestParts;
use axum_core::response::IntoResponse as _;
use quintet_core::{App, BoxFuture, Error, FieldErrors, Result, Services, Site};
#[cfg(feature = "orm")]
use quintet_orm::Db;
use quintet_web::Data;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Join, Topic,
    hub::{
        connection::{Me, any::AnyTopic},
        encode,
        registry::{Declared, Open},
    },
    identity::Identity,
    layer::{ConnectionId, Event, Position},
    send::{Message, Via},
};

/// What people say to each other in a topic, and who may.
///
/// ```
/// use quintet_core::Result;
/// use quintet_realtime::{Channel, Client, Join, channel};
/// use quintet_web::data;
///
/// #[channel("room:{name}")]
/// pub struct Room {
///     pub name: String,
/// }
///
/// /// What the browser says.
/// #[data]
/// pub enum Say {
///     Line { text: String },
/// }
///
/// /// What the browser hears.
/// #[data]
/// pub enum News {
///     Line { text: String },
/// }
///
/// impl Channel for Room {
///     type In = Say;
///     type Out = News;
///
///     async fn join(&self, _: &Client<Self>) -> Result<Join> {
///         Ok(Join::quietly())
///     }
///
///     async fn hear(&self, event: Say, me: &Client<Self>) -> Result {
///         let Say::Line { text } = event;
///         me.others(News::Line { text }).await
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a channel",
    label = "needs #[channel(\"topic:{{id}}\")] and `impl Channel for {Self}`"
)]
pub trait Channel: Topic {
    /// What clients say: an enum with `#[data]`.
    type In: Data;
    /// What they hear: an enum with `#[data]`.
    type Out: Data;

    /// May this client be in the topic, and how? An error refuses it. It is asked again when something about the client's user has
    /// changed: then an error puts it out.
    fn join(&self, me: &Client<Self>) -> impl Future<Output = Result<Join>> + Send;

    /// The client says something. An error is told to this client alone. What one client says in one topic is heard in order, one after
    /// the other; it is heard to the end even if the client goes away.
    fn hear(&self, event: Self::In, me: &Client<Self>) -> impl Future<Output = Result> + Send;

    /// The client has left the topic, or has gone.
    fn left(&self, me: &Client<Self>) -> impl Future<Output = Result> + Send {
        let _ = me;
        async { Ok(()) }
    }

    /// Tells everybody in the topic: at once by `&db` or `&channels`, after the commit in a transaction (`&tx`). It is kept for those who
    /// are away for a moment.
    ///
    /// # Errors
    /// If nothing knows the site's channels here, or the event can't be JSON.
    fn send<V: Via + ?Sized>(&self, event: Self::Out, via: &V) -> impl Future<Output = Result> + Send {
        let message = message(self, &event, None, true);
        async move { via.deliver(message?).await }
    }

    /// Tells everybody in the topic but one connection: the one whose page has asked for what is told, say, and knows.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    fn send_except<V: Via + ?Sized>(
        &self,
        event: Self::Out,
        except: ConnectionId,
        via: &V,
    ) -> impl Future<Output = Result> + Send {
        let message = message(self, &event, Some(except), true);
        async move { via.deliver(message?).await }
    }

    /// Tells everybody who is there now; nobody hears it later. For what is soon out of date: who is typing, where a pointer is.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    fn pass<V: Via + ?Sized>(&self, event: Self::Out, via: &V) -> impl Future<Output = Result> + Send {
        let message = message(self, &event, None, false);
        async move { via.deliver(message?).await }
    }

    /// Where the topic's log ends now, for the page that is about to be made: with it as `after`, a browser hears what the page does not
    /// show yet.
    ///
    /// # Errors
    /// As [`present`](Self::present).
    fn position<V: Via + ?Sized>(&self, via: &V) -> impl Future<Output = Result<Position>> + Send {
        let topic = self.topic();
        let channels = via.channels();
        async move { channels?.position(&topic).await }
    }

    /// Who is present, in all processes: what [`Join::present`] said of each of their connections.
    ///
    /// # Errors
    /// If nothing knows the site's channels here, or the layer can't be reached.
    fn present<V: Via + ?Sized>(
        &self,
        via: &V,
    ) -> impl Future<Output = Result<Vec<serde_json::Value>>> + Send {
        let topic = self.topic();
        let channels = via.channels();
        async move { channels?.present(&topic).await }
    }
}

fn message<C: Channel>(
    topic: &C,
    event: &C::Out,
    except: Option<ConnectionId>,
    kept: bool,
) -> Result<Message> {
    Ok(Message { topic: topic.topic(), event: Event { data: encode(event)?, except }, kept })
}

/// A client in a topic, as a [`Channel`]'s code has it.
pub struct Client<C: Topic> {
    /// The site's database.
    #[cfg(feature = "orm")]
    pub db: Db,
    me: Me,
    of: PhantomData<fn() -> C>,
}

impl<C: Topic> Client<C> {
    pub(crate) fn new(me: Me) -> Result<Self> {
        #[cfg(feature = "orm")]
        let db = me.connection.services().require::<Db>()?.clone();
        Ok(Client {
            #[cfg(feature = "orm")]
            db,
            me,
            of: PhantomData,
        })
    }

    /// The connection's id, the same in all topics that it is in.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.me.connection.id
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.me.identity
    }

    /// The services of the site.
    #[must_use]
    pub fn services(&self) -> &Services {
        self.me.connection.services()
    }

    /// Keeps a value for as long as this client is in the topic, in place of one of the same type.
    pub fn put<T: Send + 'static>(&self, value: T) {
        self.me.lane.values(|values| drop(values.insert(TypeId::of::<T>(), Box::new(value))));
    }

    /// A value that was [put](Self::put), as a copy.
    #[must_use]
    pub fn get<T: Clone + Send + 'static>(&self) -> Option<T> {
        self.me.lane.values(|values| values.get(&TypeId::of::<T>())?.downcast_ref::<T>().cloned())
    }

    /// Changes a value that was [put](Self::put), or the default of its type; gives what `change` gives. What the client says in one topic
    /// is heard one after the other, so nobody else changes it meanwhile.
    pub fn change<T: Default + Send + 'static, R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        self.me.lane.values(|values| {
            let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Box::<T>::default());
            match value.downcast_mut::<T>() {
                Some(value) => change(value),
                None => unreachable!("the key of a value is its type"),
            }
        })
    }

    /// Takes what a handler would take from a request of the same browser: `me.extract::<Session>()`. What was true when it connected may
    /// not be any more.
    ///
    /// # Errors
    /// If the extractor refuses.
    pub async fn extract<T: FromRequestParts<()>>(&self) -> Result<T> {
        let mut parts = self.me.connection.caller().parts()?;
        match T::from_request_parts(&mut parts, &()).await {
            Ok(taken) => Ok(taken),
            Err(refusal) => {
                let status = refusal.into_response().status();
                let status =
                    if status.is_client_error() { status } else { http::StatusCode::INTERNAL_SERVER_ERROR };
                Err(Error::new(status, format!("`{}` can't be taken", std::any::type_name::<T>())))
            }
        }
    }

    /// What whoever has found the client's user knows of them.
    #[must_use]
    pub fn who<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.me.identity.who.as_deref()?.downcast_ref()
    }
}

impl<C: Channel> Client<C> {
    /// Says something to this client alone. It is not kept.
    ///
    /// # Errors
    /// If the event can't be JSON.
    pub async fn push(&self, event: C::Out) -> Result {
        self.me.push(&encode(&event)?);
        Ok(())
    }

    /// Tells everybody else in the topic. It is kept for those who are away for a moment.
    ///
    /// # Errors
    /// If the event can't be JSON.
    pub async fn others(&self, event: C::Out) -> Result {
        self.tell_others(event, true).await
    }

    /// Tells everybody else who is there now; nobody hears it later.
    ///
    /// # Errors
    /// If the event can't be JSON.
    pub async fn pass_others(&self, event: C::Out) -> Result {
        self.tell_others(event, false).await
    }

    async fn tell_others(&self, event: C::Out, kept: bool) -> Result {
        let event = Event { data: encode(&event)?, except: Some(self.id()) };
        self.me.connection.hub().publish(&self.me.lane.topic, event, kept).await
    }

    /// Answers what the client has just said with more than that it was heard: its `say(..)` gives this.
    ///
    /// # Errors
    /// If the data can't be JSON.
    pub fn reply<T: Serialize + ?Sized>(&self, data: &T) -> Result {
        let data = serde_json::value::to_raw_value(data)
            .map_err(|why| Error::internal(format!("that can't be JSON: {why}")))?;
        if let Some(slot) = &self.me.reply {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(data);
        }
        Ok(())
    }

    /// Changes what others see of this client, who is [present](Join::present): until it leaves, or `join`, asked again, answers
    /// something else than before.
    ///
    /// # Errors
    /// If it can't be JSON.
    pub async fn show<T: Serialize + ?Sized>(&self, meta: &T) -> Result {
        let meta = serde_json::to_value(meta)
            .map_err(|why| Error::internal(format!("that can't be JSON: {why}")))?;
        self.me.lane.show_as(&self.me.connection, &meta).await
    }
}

impl<C: Topic> fmt::Debug for Client<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id())
            .field("identity", self.identity())
            .finish_non_exhaustive()
    }
}

/// A channel behind the trait that knows no types.
struct Typed<C>(C);

impl<C: Channel> AnyTopic for Typed<C> {
    fn join<'a>(&'a self, me: Me) -> BoxFuture<'a, Result<Join>> {
        Box::pin(async move { self.0.join(&Client::new(me)?).await })
    }

    fn hear<'a>(&'a self, data: &'a RawValue, me: Me) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let event: C::In = serde_json::from_str(data.get())
                .map_err(|why| Error::bad_request(format!("The event can't be read: {why}.")))?;
            let mut errors = FieldErrors::new();
            event.validate(&mut errors);
            errors.into_result()?;
            self.0.hear(event, &Client::new(me)?).await
        })
    }

    fn understands(&self, data: &serde_json::Value) -> Result {
        use serde::Deserialize as _;
        let event = C::Out::deserialize(data).map_err(|why| {
            Error::new(
                http::StatusCode::UNPROCESSABLE_ENTITY,
                format!("listeners of `{}` don't hear that: {why}", C::PATTERN),
            )
        })?;
        let mut errors = FieldErrors::new();
        event.validate(&mut errors);
        errors.into_result()
    }

    fn left<'a>(&'a self, me: Me) -> BoxFuture<'a, Result> {
        Box::pin(async move { self.0.left(&Client::new(me)?).await })
    }
}

/// The channels that an app or a site brings.
#[derive(Default)]
pub(crate) struct ChannelSlot(pub(crate) Vec<Declared>);

/// `.channel::<FilmRoom>()`, on apps and sites.
pub trait Channeling: Sized {
    /// Lets clients join the topics of this channel.
    ///
    /// ```
    /// # use quintet_core::Result;
    /// # use quintet_realtime::{Channel, Client, Join, channel};
    /// # use quintet_web::data;
    /// # #[channel("lobby")] pub struct Lobby {}
    /// # #[data] pub enum Said { Line { text: String } }
    /// # impl Channel for Lobby {
    /// #     type In = Said; type Out = Said;
    /// #     async fn join(&self, _: &Client<Self>) -> Result<Join> { Ok(Join::quietly()) }
    /// #     async fn hear(&self, said: Said, me: &Client<Self>) -> Result { me.others(said).await }
    /// # }
    /// use quintet_core::App;
    /// use quintet_realtime::Channeling;
    ///
    /// let app = App::new("chat").channel::<Lobby>();
    /// # let _ = app;
    /// ```
    #[must_use]
    #[track_caller]
    fn channel<C: Channel>(mut self) -> Self {
        let at = Location::caller();
        let open: Open = Arc::new(|params| Ok(Arc::new(Typed(C::from_params(params)?))));
        self.channels().push(Declared { pattern: C::PATTERN, at, open });
        self
    }

    #[doc(hidden)]
    #[allow(private_interfaces, reason = "nobody else implements it")]
    fn channels(&mut self) -> &mut Vec<Declared>;
}

impl Channeling for App {
    #[allow(private_interfaces, reason = "nobody else implements it")]
    fn channels(&mut self) -> &mut Vec<Declared> {
        &mut self.slot_mut::<ChannelSlot>().0
    }
}

impl Channeling for Site {
    #[allow(private_interfaces, reason = "nobody else implements it")]
    fn channels(&mut self) -> &mut Vec<Declared> {
        &mut self.slot_mut::<ChannelSlot>().0
    }
}
