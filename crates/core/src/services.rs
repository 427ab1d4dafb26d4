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

tokio::task_local! {
    static CURRENT: Services;
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
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Runs `work` so that [`Services::current`] finds these services in it.
    // Not `async`: that would move the work, which is large, once more for every request.
    pub fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }
}

impl Services {
    /// Runs `work`, which does not wait, so that [`Services::current`] finds these services in it.
    pub fn scope_blocking<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
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
    use super::*;

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
}
