use std::{any::type_name, ops::Deref};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use quintet_core::{Error, Result, Service, Services};

/// A value that the site was given with [`with`](crate::Routing::with), or a section of the settings.
///
/// Handlers take `State<T>`, tasks and commands `&State<T>`. A route that takes one which the site has not is an
/// error at start-up.
///
/// ```
/// use quintet_core::Site;
/// use quintet_web::{Routing, State, get, routes};
///
/// #[derive(Clone)]
/// struct Greeting(&'static str);
///
/// #[get("/")]
/// async fn hello(State(greeting): State<Greeting>) -> &'static str {
///     greeting.0
/// }
///
/// let site = Site::new().with(Greeting("Hello!")).routes(routes![hello]);
/// # let _ = site;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State<T>(pub T);

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone + Send + Sync + 'static> Service for State<T> {
    fn of(services: &Services) -> Result<Self> {
        match services.get::<T>() {
            Some(value) => Ok(State(value.clone())),
            None => Err(Error::internal(format!(
                "this site has no `State<{name}>`: give it the value with `.with(..)`, or if it is a section of the \
                 settings declare it with `.settings::<{name}>()`",
                name = type_name::<T>()
            ))),
        }
    }
}

impl<S, T> FromRequestParts<S> for State<T>
where
    S: Send + Sync,
    T: Clone + Send + Sync + 'static,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        State::of(Services::of_request(parts)?)
    }
}

impl<S, T> OptionalFromRequestParts<S> for State<T>
where
    S: Send + Sync,
    T: Clone + Send + Sync + 'static,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>> {
        Ok(Services::of_request(parts)?.get::<T>().cloned().map(State))
    }
}
