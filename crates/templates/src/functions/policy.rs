//! `csp_nonce()`: what lets inline scripts and styles run.

use minijinja::{Environment, Error, ErrorKind, State};

use super::scope;
use crate::carried::Carried;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("csp_nonce", nonce);
}

fn nonce(state: &State<'_, '_>) -> Result<String, Error> {
    let scope = scope(state)?;
    scope.shows_personal();
    let Some(policy) = scope.context.policy() else {
        let text = "csp_nonce() is for pages that answer a request: here is no response that could allow it";
        return Err(Error::new(ErrorKind::InvalidOperation, text));
    };
    policy.nonce().map_err(Carried::into_template)
}
