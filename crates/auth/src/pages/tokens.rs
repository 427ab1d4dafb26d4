use std::time::Duration;

use axum_core::response::{IntoResponse as _, Response};
use http::request::Parts;
use quintet_core::{Error, Result, TemplateValue as _, Value, clock};
use quintet_forms::{Form, form};
use quintet_web::{Page, Path, data, messages::Message, post, redirect};

use super::{of_form, page};
use crate::{Fresh, NewToken, Permissions, Token, Tokens, User};

/// A token that somebody wants.
#[data]
pub(super) struct Wanted {
    #[field(max_length = 100)]
    name: String,
    #[field(
        label = "Days that it is good for",
        help = "Empty: until you take it away.",
        min = 1,
        max = 3650
    )]
    days: Option<i64>,
    #[field(label = "It only reads", default = false)]
    read_only: bool,
    #[field(
        label = "Only these permissions",
        help = "Such as cinema.change_film, with blanks between. Empty: all of yours.",
        max_length = 2000
    )]
    permissions: Option<String>,
}

fn shown(token: &Token) -> Value {
    let over = token.expires.is_some_and(|expires| expires <= clock::now());
    let scopes: Vec<String> = match &token.scopes {
        Some(scopes) => scopes
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        None => Vec::new(),
    };
    let texts = [
        ("id", token.id.to_value()),
        ("name", token.name.to_value()),
        ("prefix", token.prefix.to_value()),
        ("read_only", token.read_only.to_value()),
        ("scopes", scopes.to_value()),
        ("created", token.created.to_value()),
        ("expires", token.expires.to_value()),
        ("over", over.to_value()),
        ("last_used", token.last_used.to_value()),
    ];
    Value::Map(texts.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

#[form("/tokens/", name = "tokens")]
pub(super) async fn tokens_page(
    Fresh(user): Fresh,
    may: Permissions,
    tokens: Tokens,
    mut form: Form<Wanted>,
) -> Result<Response> {
    let mut made = None;
    if let Some(wanted) = form.valid() {
        let names: Vec<String> = wanted
            .permissions
            .iter()
            .flat_map(|text| text.split([' ', ',', '\n', '\r']))
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        match names.iter().find(|name| !may.has(name)) {
            Some(name) => {
                form.error(Wanted.permissions, format!("you don't have the permission {name} yourself"))
            }
            None => {
                let mut new = NewToken::named(wanted.name);
                if wanted.read_only {
                    new = new.read_only();
                }
                if !names.is_empty() {
                    new = new.only(names);
                }
                if let Some(days) = wanted.days.and_then(|days| u64::try_from(days).ok()) {
                    new = new.lasts(Duration::from_secs(days.saturating_mul(86_400)));
                }
                made = Some(tokens.make(user.id, new).await?);
                // What stood in it is a token now.
                form = Form::empty();
            }
        }
    }
    let all: Vec<Value> = tokens.of_user(user.id).await?.iter().map(shown).collect();
    let shown = page("auth/tokens.html").with("tokens", &all).with("made", &made);
    Ok(of_form(shown, &form).into_response())
}

/// Takes one away. That needs no password: it can only lock out.
#[post("/tokens/{id}/revoke/", name = "token_revoke")]
pub(super) async fn revoke(Path(id): Path<i64>, user: User, parts: Parts, tokens: Tokens) -> Result<Page> {
    if crate::fresh::is_program(&parts).await? {
        return Err(Error::forbidden("A token does not take tokens away."));
    }
    if !tokens.revoke(user.id, id).await? {
        return Err(Error::not_found("There is no such token."));
    }
    let done = Message::success("The token is good for nothing any more.");
    Ok(redirect(tokens_page::url()).header("cache-control", "no-store").flash(done))
}
