use std::{any::type_name, fmt, panic::Location};

use super::Site;
use crate::{
    error::{Error, Result},
    services::ServicesBuilder,
};

/// What a part of a site was given by `.with(..)`: services that are there before any room starts, so that a room which
/// would make one of this type finds it and takes it instead.
#[derive(Default)]
pub struct GivenValues(Vec<GivenValue>);

/// Puts a value among the services; false if there is one of its type.
type Give = Box<dyn Fn(&mut ServicesBuilder, &'static Location<'static>) -> bool + Send + Sync>;

struct GivenValue {
    at: &'static Location<'static>,
    ty: &'static str,
    give: Give,
}

impl GivenValues {
    /// Adds one; each start of the site gets a clone.
    #[track_caller]
    pub fn add<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        self.0.push(GivenValue {
            at: Location::caller(),
            ty: type_name::<T>(),
            give: Box::new(move |services, at| services.give(value.clone(), at)),
        });
    }

    /// Puts those of all parts of a site among its services.
    ///
    /// # Errors
    /// If two are of the same type.
    pub fn insert_all(site: &Site, services: &mut ServicesBuilder) -> Result {
        for value in site.slots::<GivenValues>().flat_map(|(_, given)| &given.0) {
            if !(value.give)(services, value.at) {
                let (ty, at) = (value.ty, value.at);
                return Err(Error::internal(format!(
                    "the site has two values of the type `{ty}`; the second is given at {at}"
                )));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for GivenValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|value| value.ty)).finish()
    }
}
