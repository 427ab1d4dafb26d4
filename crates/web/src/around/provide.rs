//! Functions that make a value for templates.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use quintet_core::{BoxFuture, Result, TemplateValue, Value};

/// A value, or what is answered in place of the page.
pub(crate) type Made = Result<Value, Box<Response>>;

/// A function as the site keeps it.
pub(crate) type Maker = Arc<dyn Fn(Box<Parts>) -> BoxFuture<'static, Made> + Send + Sync>;

/// An async function that makes a value for templates: it takes what handlers take, but for the body, and gives a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't make a value for templates",
    label = "an async function or closure that takes up to five extractors (`db: Db`, `State<T>`, …) and gives `Result<T>` of what templates can show"
)]
pub trait Provide<Arguments>: Clone + Send + Sync + 'static {
    #[doc(hidden)]
    fn provide(self, parts: Box<Parts>) -> BoxFuture<'static, Made>;
}

macro_rules! provide {
    ($($($n:ident)*;)*) => {$(
        impl<Function, Work, Shown, $($n,)*> Provide<($($n,)*)> for Function
        where
            Function: Fn($($n),*) -> Work + Clone + Send + Sync + 'static,
            Work: Future<Output = Result<Shown>> + Send + 'static,
            Shown: TemplateValue + 'static,
            $($n: FromRequestParts<()> + Send + 'static,)*
        {
            #[allow(unused_mut, unused_variables, non_snake_case, reason = "the function without arguments")]
            fn provide(self, mut parts: Box<Parts>) -> BoxFuture<'static, Made> {
                Box::pin(async move {
                $(
                    let $n = match $n::from_request_parts(&mut parts, &()).await {
                        Ok(argument) => argument,
                        Err(refused) => return Err(Box::new(refused.into_response())),
                    };
                )*
                match self($($n),*).await {
                        Ok(shown) => Ok(shown.to_value()),
                        Err(error) => Err(Box::new(error.into_response())),
                    }
                })
            }
        }
    )*};
}
provide! { ; A; A B; A B C; A B C D; A B C D E; }

pub(crate) fn maker<Arguments, Function: Provide<Arguments>>(function: Function) -> Maker {
    Arc::new(move |parts| function.clone().provide(parts))
}
