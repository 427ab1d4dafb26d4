//! The clock that rooms read, so that a test can hold it and move it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    error::Result,
    services::{Service, Services},
    zone,
};

/// Now, or what a test says is now.
///
/// ```
/// use quintet_core::clock::Clock;
/// use jiff::SignedDuration;
///
/// let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap());
/// clock.advance(SignedDuration::from_mins(5));
/// assert_eq!(clock.now().to_string(), "2026-11-20T12:05:00Z");
/// clock.set("1979-05-25T00:00:00Z".parse().unwrap());
/// assert_eq!(clock.now().to_string(), "1979-05-25T00:00:00Z");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Clock(None)
    }

    /// A clock that stands still until it is moved. Its clones move with it.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Clock(Some(Arc::new(Mutex::new(at))))
    }

    /// The instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(held) => *held.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Sets a fixed clock, backwards as well; the machine's clock stays.
    pub fn set(&self, at: Timestamp) {
        if let Some(held) = &self.0 {
            *held.lock().unwrap_or_else(PoisonError::into_inner) = at;
        }
    }

    /// Moves a fixed clock; the machine's clock stays. Past the end of time it stops there.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(held) = &self.0 {
            let mut at = held.lock().unwrap_or_else(PoisonError::into_inner);
            *at = at.saturating_add(by).unwrap_or(Timestamp::MAX);
        }
    }
}

/// The instant by the clock of the site that this code runs for; by the machine's clock outside of one.
///
/// ```
/// # use quintet_core::{Services, clock::{self, Clock}};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut services = Services::builder();
/// services.insert(Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap()));
/// let noon = services.build().scope(async { clock::now() }).await;
/// assert_eq!(noon.to_string(), "2026-11-20T12:00:00Z");
/// # });
/// ```
#[must_use]
pub fn now() -> Timestamp {
    let clock = Services::current().and_then(|services| services.get::<Clock>().cloned());
    clock.unwrap_or_default().now()
}

/// The day by the same clock, in the [current zone](crate::zone::current). In another: `now().in_tz("Europe/Berlin")?.date()`.
///
/// ```
/// # use quintet_core::clock;
/// # fn check(seen: quintet_core::value::Date) -> Result<(), &'static str> {
/// if seen > clock::today() {
///     return Err("that is still to come");
/// }
/// # Ok(())
/// # }
/// # assert!(check(quintet_core::value::Date::MIN).is_ok() && check(quintet_core::value::Date::MAX).is_err());
/// ```
#[must_use]
pub fn today() -> Date {
    now().to_zoned(zone::current()).date()
}

impl Service for Clock {
    fn of(services: &Services) -> Result<Self> {
        Ok(services.get::<Clock>().cloned().unwrap_or_default())
    }
}
