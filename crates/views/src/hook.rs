//! Functions of a site's own that a page runs: they take what the page has, and what handlers take.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use quintet_core::{BoxFuture, Error, Result};
use quintet_web::axum;

/// What is answered in place of a page: an error, or what an argument says (the way to the login page).
pub enum Instead {
    /// An error.
    Error(Error),
    /// A whole answer.
    Response(Box<Response>),
}

impl From<Error> for Instead {
    fn from(error: Error) -> Self {
        Instead::Error(error)
    }
}

impl From<Box<Response>> for Instead {
    fn from(response: Box<Response>) -> Self {
        Instead::Response(response)
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        match self {
            Instead::Error(error) => error.into_response(),
            Instead::Response(response) => *response,
        }
    }
}

/// An async function that a generic page runs. First it takes what the page gives (`Given`: the data of a form, a row), then what
/// handlers take, but for the body.
///
/// What it takes is taken before a form is shown, too: a form whose function takes `user: User` is for those who have logged in.
#[diagnostic::on_unimplemented(
    message = "this function does not fit here: it has to take `{Given}`, each as an argument, and to give `Result<{Gives}>`",
    label = "not an async function of `{Given}`, and up to five extractors (`user: User`, `db: Db`, …) behind, that gives `Result<{Gives}>`",
    note = "write the types of a closure's arguments: `async |film: Film, user: User, db: Db| ..`; what it takes by reference, or a \
            body, can't be taken"
)]
pub trait Hook<Given, Arguments, Gives>: Send + Sync + 'static {
    #[doc(hidden)]
    type Taken: Send + 'static;

    /// What handlers take.
    #[doc(hidden)]
    fn take(parts: &mut Parts) -> BoxFuture<'_, Result<Self::Taken, Instead>>;

    #[doc(hidden)]
    fn call(&self, given: Given, taken: Self::Taken) -> BoxFuture<'static, Result<Gives>>;
}

/// Not generic over the function: each argument's extraction is compiled once.
async fn taken<A: FromRequestParts<()>>(parts: &mut Parts) -> Result<A, Instead> {
    A::from_request_parts(parts, &())
        .await
        .map_err(|refused| Instead::Response(Box::new(refused.into_response())))
}

macro_rules! hooks {
    ($given:tt; $($($n:ident)*;)*) => {$( hooks!(@one $given ($($n)*)); )*};
    (@one ($($g:ident)*) ($($n:ident)*)) => {
        #[diagnostic::do_not_recommend]
        impl<Function, Work, Gives, $($g,)* $($n,)*> Hook<($($g,)*), ($($n,)*), Gives> for Function
        where
            Function: Fn($($g,)* $($n,)*) -> Work + Send + Sync + 'static,
            Work: Future<Output = Result<Gives>> + Send + 'static,
            $($n: FromRequestParts<()> + Send + 'static,)*
        {
            type Taken = ($($n,)*);

            #[allow(unused_variables, reason = "the function without extractors")]
            fn take(parts: &mut Parts) -> BoxFuture<'_, Result<Self::Taken, Instead>> {
                Box::pin(async move { Ok(($(taken::<$n>(parts).await?,)*)) })
            }

            #[allow(non_snake_case, reason = "arguments are called as their types")]
            fn call(&self, given: ($($g,)*), taken: Self::Taken) -> BoxFuture<'static, Result<Gives>> {
                let (($($g,)*), ($($n,)*)) = (given, taken);
                Box::pin(self($($g,)* $($n,)*))
            }
        }
    };
}
hooks! { (X); ; A; A B; A B C; A B C D; A B C D E; }
hooks! { (X Y); ; A; A B; A B C; A B C D; A B C D E; }
