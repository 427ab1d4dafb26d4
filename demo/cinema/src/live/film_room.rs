use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use quintet::prelude::*;

use crate::models::Film;
use crate::view::review::name;

/// All who look at a film's page.
#[channel("film:{id}")]
#[derive(Debug, Clone, Copy)]
pub struct FilmRoom {
    /// The film's key.
    pub id: i64,
}

/// What a page says.
#[data]
#[derive(Debug, Clone)]
pub enum Say {
    /// Somebody is writing a comment.
    Typing,
    /// A visitor without a name: a text by chance, the same on all pages of one browser.
    Guest {
        /// The text.
        #[field(min_length = 8, max_length = 64)]
        browser: String,
    },
}

/// What all pages of the film hear.
#[data]
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Somebody has said something.
    Comment {
        /// Who, by the key of their presence.
        by: String,
    },
    /// A comment is not there any more.
    CommentGone,
    /// Somebody is writing a comment.
    Typing {
        /// Who, by the key of their presence.
        by: String,
        /// How they are called.
        name: String,
    },
    /// A review was written, changed, deleted, hidden or shown.
    Reviews {
        /// The review's key.
        review: i64,
        /// Was it written just now?
        new: bool,
    },
}

/// Somebody who looks at the page.
#[data]
#[derive(Debug, Clone, PartialEq)]
pub struct Here {
    /// The same for all pages of one person.
    pub key: String,
    /// How they are called, if they have signed in.
    pub name: Option<String>,
}

impl Here {
    /// Somebody who has signed in.
    #[must_use]
    pub fn user(user: &User) -> Self {
        let name = name(&user.first_name, &user.last_name, &user.username);
        Here { key: format!("user {}", user.id), name: Some(name) }
    }
}

impl Channel for FilmRoom {
    type In = Say;
    type Out = News;

    async fn join(&self, me: &Client<Self>) -> Result<Join> {
        if !Film.filter(Film.id.eq(self.id)).exists(&me.db).await? {
            return Err(Error::not_found("There is no such film."));
        }
        // It is asked again when something about somebody changes: a guest stays the one that they were.
        let here = match me.maybe_user() {
            Some(user) => Here::user(user),
            None => me.get().unwrap_or(Here { key: format!("page {}", me.id()), name: None }),
        };
        Ok(Join::present(here))
    }

    async fn hear(&self, event: Say, me: &Client<Self>) -> Result {
        match event {
            Say::Typing => {
                let Here { key, name } = Here::user(me.user()?);
                me.pass_others(News::Typing { by: key, name: name.unwrap_or_default() }).await
            }
            Say::Guest { browser } if me.maybe_user().is_none() => {
                // Another one on each film: nobody sees that the same guest looks at two of them.
                let mut digest = DefaultHasher::new();
                (self.id, browser).hash(&mut digest);
                let here = Here { key: format!("guest {:x}", digest.finish()), name: None };
                me.put(here.clone());
                me.show(&here).await
            }
            Say::Guest { .. } => Ok(()),
        }
    }
}
