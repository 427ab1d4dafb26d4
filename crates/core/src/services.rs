//! What a running site offers to handlers, tasks, receivers and commands: a database, settings, a
//! renderer, the site's own values. Filled at start-up by the rooms, read-only afterwards.

use std::{
    any::{TypeId, type_name},
    collections::HashMap,
    fmt,
    panic::Location,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    error::{Error, Result},
    local::{self, Conceals},
    slots::Slots,
};

/// The services of a running site: cheap to clone, one value a type.
///
/// Requests carry it in their extensions; tasks and commands get it as their context; and code below any
/// of them finds it with [`Services::current`].
#[derive(Clone, Debug)]
pub struct Services(Arc<Slots>);

/// Services that may be gone: for what is itself one of them and would keep them alive for ever.
#[derive(Clone, Debug, Default)]
pub struct WeakServices(Weak<Slots>);

impl WeakServices {
    /// The services, while the site that they are of has not let go of them.
    #[must_use]
    pub fn upgrade(&self) -> Option<Services> {
        self.0.upgrade().map(Services)
    }
}

impl Services {
    /// Starts to collect services.
    #[must_use]
    pub fn builder() -> ServicesBuilder {
        ServicesBuilder::default()
    }

    /// The service of type `T`, if the site has it.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get()
    }

    /// The service of type `T`.
    ///
    /// # Errors
    /// With status 500 and the missing type's name if the site has none.
    #[track_caller]
    pub fn require<T: Send + Sync + 'static>(&self) -> Result<&T> {
        match self.get() {
            Some(service) => Ok(service),
            None => Err(Error::internal(format!(
                "this site has no `{}`: install the app that brings it, or give it with `.with(..)`",
                type_name::<T>()
            ))),
        }
    }

    /// These services, without keeping them alive.
    #[must_use]
    pub fn downgrade(&self) -> WeakServices {
        WeakServices(Arc::downgrade(&self.0))
    }

    /// The types of all services, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.0.names()
    }

    /// The services of the request, task or command that this code runs for.
    #[must_use]
    pub fn current() -> Option<Services> {
        local::services().map(Services)
    }

    /// Runs `work` so that [`Services::current`] finds these services in it.
    // Not `async`: that would move the work, which is large, once more for every request.
    pub fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        local::with_services(self.0, work)
    }
}

impl Services {
    /// The same for a request whose values `who` conceals: this and [`hidden::scope`](crate::hidden::scope) in one.
    pub fn scope_request<F: Future>(
        self,
        who: Arc<dyn Conceals>,
        work: F,
    ) -> impl Future<Output = F::Output> {
        local::request(who, self.0, work)
    }

    /// Runs `work`, which does not wait, so that [`Services::current`] finds these services in it.
    pub fn scope_blocking<T>(self, work: impl FnOnce() -> T) -> T {
        local::with_services_blocking(self.0, work)
    }
}

/// Collects services while a site starts.
#[derive(Default, Debug)]
pub struct ServicesBuilder {
    slots: Slots,
    given: HashMap<TypeId, Given>,
    unseen: Option<String>,
}

/// A service that the site was given, by its type.
#[derive(Debug)]
struct Given {
    at: &'static Location<'static>,
    /// Has anybody looked whether it is there?
    seen: AtomicBool,
}

impl ServicesBuilder {
    /// Adds a service; an earlier one of the same type is replaced and returned.
    ///
    /// A room that makes a service which a site may be given looks with [`get`](Self::get) first, and takes that. One that does not look
    /// would make the site's own value disappear: the site does not start then, and is told why.
    pub fn insert<T: Send + Sync + 'static>(&mut self, service: T) -> Option<T> {
        if let Some(given) = self.given.get(&TypeId::of::<T>())
            && !given.seen.load(Ordering::Relaxed)
        {
            self.unseen = Some(format!(
                "the site can't be given a value of the type `{}` ({}): one that the framework makes is of this type",
                type_name::<T>(),
                given.at
            ));
        }
        self.slots.insert(service)
    }

    /// Adds a service that the site was given at this place of the program; false if it has been given one of this type before.
    pub(crate) fn give<T: Send + Sync + 'static>(
        &mut self,
        service: T,
        at: &'static Location<'static>,
    ) -> bool {
        let given = Given { at, seen: AtomicBool::new(false) };
        let free = self.given.insert(TypeId::of::<T>(), given).is_none();
        self.slots.insert(service);
        free
    }

    /// A service that the site was given, or a room lower down has added.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        if let Some(given) = self.given.get(&TypeId::of::<T>()) {
            given.seen.store(true, Ordering::Relaxed);
        }
        self.slots.get()
    }

    /// Was the site given a service of this type, with `.with(..)`?
    #[must_use]
    pub fn is_given<T: Send + Sync + 'static>(&self) -> bool {
        self.given.contains_key(&TypeId::of::<T>())
    }

    /// Has nothing that the site was given been replaced unseen?
    ///
    /// # Errors
    /// If it has: with the type, and where it is given.
    pub fn check(&self) -> Result {
        self.unseen.as_ref().map_or(Ok(()), |why| Err(Error::internal(why.clone())))
    }

    /// No more services from here on.
    #[must_use]
    pub fn build(self) -> Services {
        Services(Arc::new(self.slots))
    }
}

/// What tasks, commands and receivers take by reference: `&Db`, `&Progress`, `&State<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service",
    label = "taken by reference, so it must be a service: Db, Console, Progress, State<T>, …",
    note = "arguments of the command line are taken by value: `file: PathBuf`"
)]
pub trait Service: Sized + Send + Sync {
    /// The service, out of those of the running site.
    ///
    /// # Errors
    /// If the site does not have it.
    fn of(services: &Services) -> Result<Self>;
}

impl Service for Services {
    fn of(services: &Services) -> Result<Self> {
        Ok(services.clone())
    }
}

/// Nothing is needed.
impl Service for () {
    fn of(_: &Services) -> Result<Self> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<$($n: Service),+> Service for ($($n,)+) {
            fn of(services: &Services) -> Result<Self> {
                Ok(($($n::of(services)?,)+))
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; }

impl fmt::Display for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.names().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::{panic::AssertUnwindSafe, sync::Mutex, task::Poll};

    use super::*;
    use crate::{hidden, own_writes};

    #[tokio::test]
    async fn code_finds_the_services_it_runs_for() {
        let mut builder = Services::builder();
        builder.insert(7u8);
        let services = builder.build();
        assert!(Services::current().is_none());
        let found =
            services.clone().scope(async { Services::current().and_then(|s| s.get::<u8>().copied()) }).await;
        assert_eq!(found, Some(7));
        let weak = services.downgrade();
        assert_eq!(weak.upgrade().and_then(|s| s.get::<u8>().copied()), Some(7));
        let error = services.require::<String>().unwrap_err().to_string();
        assert!(error.contains("alloc::string::String") && error.contains(".with("), "{error}");
        drop(services);
        assert!(weak.upgrade().is_none());
    }

    fn site(n: u8) -> Services {
        let mut builder = Services::builder();
        builder.insert(n);
        builder.build()
    }

    fn here() -> (Option<u8>, bool, Vec<String>) {
        let of = Services::current().and_then(|services| services.get::<u8>().copied());
        (of, own_writes::noted(1), hidden::values())
    }

    #[tokio::test]
    async fn the_innermost_scope_wins_and_leaves_nothing_behind() {
        let who = Arc::new(hidden::Values::default());
        who.hide("hunter2");
        let known = vec!["hunter2".to_owned()];
        let work = site(1).scope_request(who, async {
            own_writes::note(1);
            assert_eq!(here(), (Some(1), true, known.clone()));
            // Services alone leave the rest as it is, and the other way round.
            assert_eq!(site(2).scope(async { here() }).await, (Some(2), true, known.clone()));
            assert_eq!(site(2).scope_blocking(here), (Some(2), true, known.clone()));
            assert_eq!(own_writes::scope(async { here() }).await, (Some(1), false, vec![]));
            let other = Arc::new(hidden::Values::default());
            assert_eq!(site(3).scope_request(other, async { here() }).await, (Some(3), false, vec![]));
            // While it waits, others run.
            tokio::task::yield_now().await;
            here()
        });
        let (inside, outside) = tokio::join!(work, async { here() });
        assert_eq!((inside, outside), ((Some(1), true, known), (None, false, vec![])));
        assert_eq!(here(), (None, false, vec![]));
    }

    #[tokio::test]
    async fn a_panic_leaves_it_and_what_is_dropped_is_still_inside() {
        struct Asks(Arc<Mutex<Vec<Option<u8>>>>);
        impl Drop for Asks {
            fn drop(&mut self) {
                self.0.lock().unwrap().push(here().0);
            }
        }
        let seen = Arc::new(Mutex::new(Vec::new()));
        let waits = |asks: Asks| {
            site(4).scope(async move {
                let _asks = asks;
                std::future::pending::<()>().await;
            })
        };
        let mut given_up = Box::pin(waits(Asks(seen.clone())));
        assert!(std::future::poll_fn(|cx| Poll::Ready(given_up.as_mut().poll(cx))).await.is_pending());
        drop(given_up);
        let asks = Asks(seen.clone());
        let mut panics = Box::pin(site(5).scope(async move {
            let _asks = asks;
            panic!("over");
        }));
        let polled = std::future::poll_fn(|cx| {
            let polled = std::panic::catch_unwind(AssertUnwindSafe(|| panics.as_mut().poll(cx)));
            Poll::Ready(polled.is_err())
        });
        assert!(polled.await);
        assert_eq!(here().0, None);
        drop(panics);
        assert_eq!(*seen.lock().unwrap(), [Some(4), Some(5)]);
    }
}
