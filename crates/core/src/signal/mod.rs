//! Signals: typed events that a site's own code listens to.
//!
//! A signal is any type; [`Signals::emit`] hands it to the receivers of that type, in the order in which they
//! were added (the site's own, then app by app), and waits for each.
pub mod request;

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    sync::Arc,
    time::Instant,
};

use crate::{
    boxed::BoxFuture,
    debug::{Note, Panel, Trace},
    error::Result,
    services::Services,
    site::{App, Site},
};

/// The toolbar's panel of events that somebody listened to.
pub static SIGNALS: Panel = Panel::new("signals", "Signals", false);

type Receive = Arc<dyn Fn(Services, Arc<dyn Any + Send + Sync>) -> BoxFuture<'static, Result> + Send + Sync>;

/// All receivers of a site.
#[derive(Clone, Default)]
pub struct Signals(Arc<HashMap<TypeId, Heard>>);

/// Who listens to events of one type.
#[derive(Default)]
struct Heard {
    name: &'static str,
    receivers: Vec<Receive>,
}

/// The receivers that an app or a site brings.
#[derive(Default)]
pub struct Receivers(Vec<(TypeId, &'static str, Receive)>);

impl Receivers {
    /// Calls `receiver` for each event of type `E`.
    pub fn on<E, F, R>(&mut self, receiver: F)
    where
        E: Send + Sync + 'static,
        F: Fn(Services, Arc<E>) -> R + Send + Sync + 'static,
        R: Future<Output = Result> + Send + 'static,
    {
        let receive: Receive = Arc::new(move |services, event| match event.downcast::<E>() {
            Ok(event) => Box::pin(receiver(services, event)),
            Err(_) => Box::pin(async { Ok(()) }),
        });
        self.0.push((TypeId::of::<E>(), type_name::<E>(), receive));
    }
}

impl Signals {
    /// The receivers of all parts of a site.
    #[must_use]
    pub fn of(site: &Site) -> Self {
        let mut all: HashMap<TypeId, Heard> = HashMap::new();
        for (_, receivers) in site.slots::<Receivers>() {
            for (event, name, receive) in &receivers.0 {
                let heard = all.entry(*event).or_default();
                heard.name = name;
                heard.receivers.push(receive.clone());
            }
        }
        Signals(Arc::new(all))
    }

    /// Tells every receiver, one after the other.
    ///
    /// # Errors
    /// The first receiver's error; the ones after it are not told.
    pub async fn emit<E: Send + Sync + 'static>(&self, services: &Services, event: E) -> Result {
        if !self.is_heard::<E>() {
            return Ok(());
        }
        self.emit_erased(services, TypeId::of::<E>(), Arc::new(event)).await
    }

    /// [`emit`](Self::emit) for code that knows an event's type by its id only. A receiver whose type is another than the
    /// event's own is not told.
    ///
    /// # Errors
    /// The first receiver's error; the ones after it are not told.
    pub async fn emit_erased(
        &self,
        services: &Services,
        kind: TypeId,
        event: Arc<dyn Any + Send + Sync>,
    ) -> Result {
        let Some(heard) = self.0.get(&kind) else { return Ok(()) };
        let began = Instant::now();
        let told = heard.tell(services, &event).await;
        if let Some(trace) = Trace::current() {
            heard.note(&trace, began, &told);
        }
        told
    }

    /// Is anyone listening? Saves making an event that nobody hears.
    #[must_use]
    pub fn is_heard<E: 'static>(&self) -> bool {
        self.is_heard_as(TypeId::of::<E>())
    }

    /// [`is_heard`](Self::is_heard) for code that knows an event's type by its id only.
    #[must_use]
    pub fn is_heard_as(&self, kind: TypeId) -> bool {
        self.0.contains_key(&kind)
    }
}

impl Heard {
    async fn tell(&self, services: &Services, event: &Arc<dyn Any + Send + Sync>) -> Result {
        for receive in &self.receivers {
            receive(services.clone(), event.clone()).await?;
        }
        Ok(())
    }

    fn note(&self, trace: &Trace, began: Instant, told: &Result) {
        let note = Note::new(self.name)
            .fact("receivers", self.receivers.len().to_string())
            .failed(told.as_ref().err().map(ToString::to_string));
        trace.note(&SIGNALS, note.took(began.elapsed()));
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signals({} kinds)", self.0.len())
    }
}

/// `.on(..)`: listening to signals, on apps and sites.
pub trait Listen: Sized {
    /// Calls `receiver` for each event of type `E`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use quintet_core::{App, Result, Services, signal::{Listen, SiteStarted}};
    ///
    /// let app = App::new("news").on(async |_: Services, _: Arc<SiteStarted>| -> Result { Ok(()) });
    /// # let _ = app;
    /// ```
    #[must_use]
    fn on<E, F, R>(self, receiver: F) -> Self
    where
        E: Send + Sync + 'static,
        F: Fn(Services, Arc<E>) -> R + Send + Sync + 'static,
        R: Future<Output = Result> + Send + 'static;
}

impl Listen for App {
    fn on<E, F, R>(mut self, receiver: F) -> Self
    where
        E: Send + Sync + 'static,
        F: Fn(Services, Arc<E>) -> R + Send + Sync + 'static,
        R: Future<Output = Result> + Send + 'static,
    {
        self.slot_mut::<Receivers>().on(receiver);
        self
    }
}

impl Listen for Site {
    fn on<E, F, R>(mut self, receiver: F) -> Self
    where
        E: Send + Sync + 'static,
        F: Fn(Services, Arc<E>) -> R + Send + Sync + 'static,
        R: Future<Output = Result> + Send + 'static,
    {
        self.slot_mut::<Receivers>().on(receiver);
        self
    }
}

/// `serve` is about to listen: services are up, migrations applied if asked for. An error stops the start.
#[derive(Debug, Clone, Copy)]
pub struct SiteStarted;

/// The site serves no more and is about to let go of its services.
#[derive(Debug, Clone, Copy)]
pub struct SiteStopping;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::error::Error;

    struct Saved(u32);

    #[tokio::test]
    async fn receivers_hear_their_own_events_in_order_until_one_fails() {
        static SUM: AtomicU32 = AtomicU32::new(0);
        let app = App::new("a")
            .on(async |_: Services, e: Arc<Saved>| {
                SUM.fetch_add(e.0, Ordering::Relaxed);
                if e.0 > 5 { Err(Error::internal("too much")) } else { Ok(()) }
            })
            .on(async |_: Services, _: Arc<Saved>| {
                SUM.fetch_add(100, Ordering::Relaxed);
                Ok(())
            });
        let site = Site::new().install(app);
        let (signals, services) = (Signals::of(&site), Services::builder().build());
        signals.emit(&services, Saved(3)).await.unwrap();
        assert_eq!(SUM.load(Ordering::Relaxed), 103);
        assert!(signals.emit(&services, Saved(6)).await.is_err());
        assert_eq!(SUM.load(Ordering::Relaxed), 109);
        assert!(signals.is_heard::<Saved>() && !signals.is_heard::<SiteStarted>());
    }
}
