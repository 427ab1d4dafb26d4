//! What happens when an answer is complete, and when the connection ends.

use std::time::Instant;

use quintet_core::{Error, Result};

use super::{Failed, Lost, Open, Owner, Running, Statement, What, not_sent};
use crate::driver::{
    Place,
    postgres::{
        errors::{clash, of_report, of_stmt, unavailable},
        session::PgSession,
        work::{Done, Work},
    },
};

impl Owner {
    /// A request is through. `status` says where that leaves the connection: `I` outside of a transaction,
    /// `T` inside one, `E` inside a failed one.
    pub(super) fn finish(&mut self, running: Running, status: u8) {
        let now = Instant::now();
        // Pipelined statements wait for each other at the server.
        let duration = now.saturating_duration_since(running.sent.max(self.idle_since));
        self.idle_since = now;
        let failed = running.failed;
        match running.what {
            What::Statement(statement) => {
                let part = Part { failed, rows: running.rows, changed: running.changed, duration };
                self.finish_statement(statement, part, status);
            }
            What::Timeout(lease) => {
                if let Some(error) = self.step_error("SET statement_timeout", failed) {
                    // The next holder must not get a connection with another limit than it thinks.
                    self.tainted = true;
                    tracing::error!(?error, "the time limit of a connection could not be set");
                }
                if let Some(lease) = lease {
                    self.give_back(lease);
                }
            }
            What::Release(lease) => self.give_back(lease),
            What::Begin { at, lease, reply } => match self.step_error("BEGIN", failed) {
                None => {
                    self.open = Some(Open { at, since: now, gone: false, copied: None });
                    // If the one who asked is gone, the session is dropped here and queues its own end.
                    let url = self.facts.door.target.url.clone();
                    drop(reply.send(Ok(Box::new(PgSession::new(lease, at.is_some(), url)))));
                }
                Some(error) => {
                    let error = if let Some(at) = at { error.with_location(at) } else { error };
                    if status != b'I' {
                        self.tidy();
                    }
                    self.give_back(lease);
                    drop(reply.send(Err(error)));
                }
            },
            What::Savepoint(reply) => {
                let done = self.step_error("SAVEPOINT", failed).map_or(Ok(()), Err);
                drop(reply.send(done));
            }
            What::Rollback { lease, reply } => {
                let done = self.step_error("ROLLBACK", failed).map_or(Ok(()), Err);
                self.closed_transaction();
                self.give_back(lease);
                if let Some(reply) = reply {
                    drop(reply.send(done));
                } else if let Err(error) = done {
                    tracing::error!(?error, "rolling back failed");
                }
            }
            What::Commit { hooks, lease, reply } => {
                let done = match self.step_error("COMMIT", failed) {
                    Some(error) => Err(error),
                    None if running.rolled_back => Err(Error::database(
                        "the transaction can't be committed, for an earlier statement of it failed: PostgreSQL has undone \
                         everything; return that statement's error, or wrap what may fail in a savepoint (`tx.atomic(..)`)",
                    )),
                    None => Ok(()),
                };
                self.closed_transaction();
                self.give_back(lease);
                drop(reply.send(done.map(|()| hooks.start())));
            }
            What::Tidy => {
                if let Some(error) = self.step_error("ROLLBACK", failed) {
                    self.tainted = true;
                    tracing::error!(?error, "ending a transaction that was left open failed");
                }
            }
        }
    }

    fn finish_statement(&mut self, mut statement: Box<Statement>, part: Part, status: u8) {
        if let Some(Failed::Reported(report)) = &part.failed
            && statement.cached
            && report.is_about_the_plan()
        {
            self.forget(&statement);
            if self.open.is_none() && status == b'I' && !statement.retried && part.rows == 0 {
                statement.retried = true;
                statement.cached = false;
                statement.plan = None;
                return self.again.push_back(statement);
            }
        }
        let duration = part.duration;
        let result = self.result(&statement, part, status);
        if duration >= self.facts.slow.query {
            self.tell_slow(&statement.work, duration);
        }
        drop(statement.load);
        statement.work.finish(result, duration);
    }

    fn result(&mut self, statement: &Statement, part: Part, status: u8) -> Result<Done> {
        let stmt = statement.work.stmt();
        let result = match part.failed {
            None => Ok(Done { rows: part.rows, changed: part.changed }),
            Some(Failed::Reported(report)) if statement.cached && &*report.code == "0A000" && self.open.is_some() => {
                Err(of_stmt(
                    clash(
                        "the schema was changed while the program ran, so the statement has to be prepared anew, which it can't be \
                         inside a transaction: run the transaction again"
                            .to_owned(),
                    ),
                    stmt,
                ))
            }
            Some(Failed::Reported(report)) => Err(of_report(&report, stmt, self.url())),
            Some(Failed::Here(error)) => Err(error),
        };
        match (&mut self.open, status) {
            // Whatever it was has ended the transaction: what follows would stand alone.
            (Some(open), b'I') => {
                open.gone = true;
                result
            }
            (None, b'I') | (Some(_), _) => result,
            (None, _) => {
                let left_open = of_stmt(
                    Error::database(
                        "the statement left a transaction open; it was rolled back: use `db.atomic(..)` or `db.begin()`",
                    ),
                    stmt,
                );
                self.tidy();
                result.and(Err(left_open))
            }
        }
    }

    /// Drops a plan that no longer fits.
    fn forget(&mut self, statement: &Statement) {
        if let Some(plan) = self.plans.remove(&statement.work.stmt().sql)
            && !plan.name.is_empty()
        {
            // Can't fail: the name is ours. It goes out with the next statement.
            let _ = postgres_protocol::message::frontend::close(b'S', &plan.name, &mut self.output);
        }
    }

    fn closed_transaction(&mut self) {
        let Some(open) = self.open.take() else { return };
        let took = open.since.elapsed();
        if took >= self.facts.slow.transaction {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(
                ms,
                at = open.at.map(tracing::field::display),
                database = &*self.facts.slow.database,
                "slow transaction: it kept a connection and its locks"
            );
        }
    }

    #[cold]
    fn tell_slow(&self, work: &Work, duration: std::time::Duration) {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let at: Option<Place> = work.stmt().at;
        let (at, database) = (at.map(tracing::field::display), &*self.facts.slow.database);
        tracing::warn!(ms, at, database, role = ?self.role, sql = &*work.stmt().sql, "slow query");
    }

    fn step_error(&self, step: &'static str, failed: Option<Failed>) -> Option<Error> {
        match failed? {
            Failed::Reported(report) => Some(report.error(self.url()).with_detail("SQL", step)),
            Failed::Here(error) => Some(error),
        }
    }

    /// The connection is no more: whatever still waits is told.
    pub(super) fn end(mut self, lost: Option<Lost>) {
        // From here on a request is given back to the one who sends it.
        self.queue.close();
        let why = match (&lost, &self.last_words) {
            (_, Some(report)) => report.message.clone(),
            (None, None) => "it was closed".to_owned(),
            (Some(Lost::Closed), None) => "the server closed it".to_owned(),
            (Some(Lost::Io(error)), None) => error.to_string(),
            (Some(Lost::Malformed), None) => "the server sent what this driver does not know".to_owned(),
        };
        if lost.is_some() {
            tracing::warn!(
                url = self.url(),
                why,
                under_way = self.running.len(),
                "a connection to the database was lost"
            );
        }
        let url = self.url().to_owned();
        let running = std::mem::take(&mut self.running);
        for running in running {
            tell_lost(running, &url, &why);
        }
        for statement in std::mem::take(&mut self.again).into_iter().chain(self.held.take()) {
            statement.work.refuse(not_sent(&url));
        }
        while let Ok(request) = self.queue.try_recv() {
            request.refuse(not_sent(&url));
        }
    }
}

fn tell_lost(running: Running, url: &str, why: &str) {
    let during =
        |what: &str| unavailable(format!("the connection to the database `{url}` was lost ({why}) {what}"));
    match running.what {
        What::Statement(statement) => {
            let stmt = statement.work.stmt();
            let error = match stmt.access {
                crate::stmt::Access::Read => during("before the answer was complete: try again"),
                crate::stmt::Access::Write => {
                    during("before the answer came: it is not known whether the statement was carried out")
                }
            };
            let error = of_stmt(error, stmt);
            statement.work.finish(Err(error), running.sent.elapsed());
        }
        What::Timeout(_) | What::Release(_) | What::Tidy => {}
        What::Begin { reply, .. } => drop(reply.send(Err(during("before the transaction began: try again")))),
        What::Savepoint(reply) => drop(reply.send(Err(during("inside a transaction: all of it was undone")))),
        // Gone is gone: the server undoes what was not committed.
        What::Rollback { reply, .. } => {
            if let Some(reply) = reply {
                drop(reply.send(Ok(())));
            }
        }
        What::Commit { reply, .. } => {
            drop(
                reply.send(Err(during(
                    "while it committed: it is not known whether the transaction was kept",
                ))),
            );
        }
    }
}

/// What came of a statement, before it is judged.
struct Part {
    failed: Option<Failed>,
    rows: u64,
    changed: u64,
    duration: std::time::Duration,
}
