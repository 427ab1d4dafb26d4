//! Mails to those of `[mail] admins` about requests that fail by a fault of the site.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use quintet_core::{
    BoxFuture, Services,
    clock::Clock,
    signal::request::{FailureWatch, RequestFailed},
};

use crate::{Mail, Mailer};

/// So many places in the program are told apart; a program that fails at more at once is silent about the rest for a while.
const MOST_PLACES: usize = 200;
/// So much of an error stands in a mail, in characters, and so much in its subject.
const LONGEST: usize = 20_000;
const LONGEST_SUBJECT: usize = 120;
/// What an overloaded site says of itself, and one that stops: nobody has to mend it.
const UNAVAILABLE: u16 = 503;

/// Writes them, of each place in the program one in a while.
pub(crate) struct AdminMails {
    mailer: Mailer,
    clock: Clock,
    every: Duration,
    places: Mutex<HashMap<String, Place>>,
}

/// What was written of a place.
struct Place {
    at: Timestamp,
    left_out: u64,
}

impl AdminMails {
    pub(crate) fn new(mailer: Mailer, clock: Clock, every: Duration) -> Self {
        AdminMails { mailer, clock, every, places: Mutex::default() }
    }

    /// Is this one to be written of? Then with how many were left out since when.
    fn turn(&self, place: &str) -> Option<Option<(u64, Timestamp)>> {
        let now = self.clock.now();
        let over = |known: &Place| known.at.duration_until(now).unsigned_abs() >= self.every;
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = places.get_mut(place) {
            if !over(known) {
                known.left_out += 1;
                return None;
            }
            let before = (known.left_out > 0).then_some((known.left_out, known.at));
            *known = Place { at: now, left_out: 0 };
            return Some(before);
        }
        if places.len() >= MOST_PLACES {
            places.retain(|_, known| !over(known));
            if places.len() >= MOST_PLACES {
                return None;
            }
        }
        places.insert(place.to_owned(), Place { at: now, left_out: 0 });
        Some(None)
    }

    fn mail(&self, failed: &RequestFailed, before: Option<(u64, Timestamp)>) -> Mail {
        let first = failed.error.lines().next().unwrap_or_default();
        let request = &failed.request;
        let route = failed.route.as_deref().unwrap_or(&request.path);
        let subject = cut(&format!("{} {route}: {first}", request.method), LONGEST_SUBJECT);
        // A header is one line.
        let subject: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut text = format!(
            "{}\n\nStatus   {}\nRequest  {} {}\nRoute    {route}\nPlace    {}\nTime     {}\n",
            cut(&failed.error, LONGEST),
            failed.status,
            request.method,
            request.path,
            failed.place,
            self.clock.now(),
        );
        // Writing to a String can't fail.
        if let Some(id) = &request.id {
            let _ = writeln!(text, "Id       {id}");
        }
        if let Some((count, since)) = before {
            let _ = writeln!(text, "\n{count} more at this place since {since} were left out.");
        }
        Mail::new(subject).text(text)
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut cut: String = text.chars().take(most).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

impl FailureWatch for AdminMails {
    fn failed<'a>(&'a self, _: &'a Services, failed: &'a RequestFailed) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if failed.status == UNAVAILABLE {
                return;
            }
            let Some(before) = self.turn(&failed.place) else { return };
            if let Err(error) = self.mailer.mail_admins(self.mail(failed, before)).await {
                tracing::error!(?error, place = failed.place, "admins could not be written to of a failure");
            }
        })
    }
}
