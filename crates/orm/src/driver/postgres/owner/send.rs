//! Requests, written.

use std::{sync::Arc, time::Instant};

use http::StatusCode;
use postgres_protocol::message::frontend;
use quintet_core::Error;

use super::{Failed, Open, Owner, Role, Running, Stage, Statement, What, gone};
use crate::driver::{
    Begin, Savepoint,
    postgres::{
        bind::bind,
        copy,
        errors::of_stmt,
        keyword::{self, Effect},
        plan::Plan,
        work::{Load, Request, Work},
        written::Form,
    },
};

impl Owner {
    pub(super) fn send(&mut self, request: Request) {
        match request {
            Request::Work(work, _) if work.is_abandoned() => {}
            Request::Work(work, _) if self.open.as_ref().is_some_and(|open| open.gone) => work.refuse(gone()),
            Request::Work(work, load) => self.work(work, load),
            Request::Timeout(millis, lease) => {
                self.step(&format!("SET statement_timeout = {millis}"), What::Timeout(lease), false);
            }
            // An empty statement: its answer comes behind all others.
            Request::Release(lease) => self.step("", What::Release(lease), false),
            Request::Begin { how, at, lease, reply } => {
                if reply.is_closed() {
                    return self.give_back(lease);
                }
                let sql = self.begin_sql(how);
                self.step(&sql, What::Begin { at, lease, reply }, true);
            }
            Request::Savepoint(_, reply) if self.open.as_ref().is_none_or(|open| open.gone) => {
                drop(reply.send(Err(gone())));
            }
            Request::Savepoint(step, reply) => {
                if let Some(open) = &mut self.open {
                    // What is undone gives its locks back.
                    open.copied = None;
                }
                let sql = match step {
                    Savepoint::Set(n) => format!("SAVEPOINT s{n}"),
                    Savepoint::Release(n) => format!("RELEASE s{n}"),
                    Savepoint::RollBack(n) => format!("ROLLBACK TO s{n}; RELEASE s{n}"),
                };
                self.step(&sql, What::Savepoint(reply), false);
            }
            Request::Rollback { lease, reply } => {
                // Whatever still runs is undone anyway.
                let busy = self.running.iter().any(|running| matches!(running.what, What::Statement(_)));
                if reply.is_none() && busy {
                    self.cancel();
                }
                self.step("ROLLBACK", What::Rollback { lease, reply }, true);
            }
            Request::Commit { lease, reply, .. } if self.open.as_ref().is_none_or(|open| open.gone) => {
                self.open = None;
                self.give_back(lease);
                drop(reply.send(Err(gone())));
            }
            Request::Commit { hooks, lease, reply } => {
                self.step("COMMIT", What::Commit { hooks, lease, reply }, true)
            }
        }
    }

    fn begin_sql(&self, how: Begin) -> String {
        let target = &self.facts.door.target;
        let mut sql = "BEGIN".to_owned();
        let terms = how.terms();
        if let Some(isolation) = terms.isolation {
            sql.push_str(" ISOLATION LEVEL ");
            sql.push_str(isolation.sql());
        }
        if terms.read_only {
            sql.push_str(" READ ONLY");
        }
        if terms.deferrable {
            sql.push_str(" DEFERRABLE");
        }
        match how {
            // Building an index takes as long as it takes.
            Begin::Schema => sql.push_str("; SET LOCAL statement_timeout = 0"),
            // A pooler's server was not told at its start.
            Begin::Data(_) if !target.prepare => {
                sql.push_str(&format!(
                    "; SET LOCAL statement_timeout = {}",
                    target.statement_timeout_millis()
                ));
            }
            Begin::Data(_) => {}
        }
        sql
    }

    /// Sends text without parameters.
    fn step(&mut self, sql: &str, what: What, barrier: bool) {
        let mut running = Running::new(what, Stage::Executing);
        let start = self.output.len();
        if let Err(error) = frontend::query(sql, &mut self.output) {
            // A zero byte in the text. A Sync alone gives an answer to wait for.
            self.output.truncate(start);
            running.failed = Some(Failed::Here(Error::database(format!("the text can't be sent: {error}"))));
            frontend::sync(&mut self.output);
        }
        running.barrier = barrier;
        self.push(running);
    }

    fn push(&mut self, running: Running) {
        self.barriers += usize::from(running.barrier);
        self.running.push_back(running);
    }

    fn work(&mut self, work: Work, load: Option<Load>) {
        if let Some(open) = &mut self.open
            && open.at.is_none()
        {
            open.at = work.stmt().at;
        }
        if let Work::Batch { job, .. } = &work {
            if let Some(open) = &mut self.open {
                // It may change the table, or who asks.
                open.copied = None;
            }
            self.tainted |= keyword::may_leave_something(&job.stmt.sql);
            let sql = job.stmt.sql.clone();
            return self.step(&sql, What::Statement(Box::new(Statement::new(work, load))), true);
        }
        self.statement(Box::new(Statement::new(work, load)));
    }

    pub(super) fn statement(&mut self, mut statement: Box<Statement>) {
        let copies = statement.work.stmt().copy.is_some();
        let known = match &self.open {
            Some(Open { copied: Some((sql, plan, copyable)), .. })
                if copies && *sql == *statement.work.stmt().sql =>
            {
                statement.copyable = *copyable;
                statement.tell_form(plan);
                Some(plan.clone())
            }
            _ if copies => None,
            _ => self.plans.get(&statement.work.stmt().sql),
        };
        if let Some(plan) = known {
            statement.columns = plan.columns.clone();
            statement.plan = Some(plan);
            statement.cached = !copies;
            let mut running = Running::new(What::Statement(statement), Stage::Executing);
            self.execute(&mut running);
            return self.push(running);
        }
        if let Err(why) = self.check(&statement.work) {
            let error = of_stmt(Error::database(why), statement.work.stmt());
            return statement.work.refuse(error);
        }
        // A pooler takes the server away at the last Sync that it has seen, also when a description was asked
        // for behind it.
        if !self.plans.are_named() && !self.running.is_empty() {
            self.held = Some(statement);
            return;
        }
        if !copies && let Some(old) = self.plans.make_room().filter(|old| !old.name.is_empty()) {
            // Can't fail: the name is ours.
            let _ = frontend::close(b'S', &old.name, &mut self.output);
        }
        if !copies {
            statement.name = self.plans.name();
        }
        let start = self.output.len();
        let stmt = statement.work.stmt();
        let insert = stmt.copy.as_deref();
        let sql = insert.map_or(&stmt.sql, |insert| &insert.one);
        let written = frontend::parse(&statement.name, sql, [], &mut self.output)
            .and_then(|()| frontend::describe(b'S', &statement.name, &mut self.output))
            .and_then(|()| insert.map_or(Ok(()), |insert| copy::ask(insert, &mut self.output)));
        if let Err(error) = written {
            self.output.truncate(start);
            let error = of_stmt(
                Error::database(format!("the statement can't be sent: {error}")),
                statement.work.stmt(),
            );
            return statement.work.refuse(error);
        }
        // No Sync: where each transaction may meet another server, the description and the run must be one.
        frontend::flush(&mut self.output);
        let mut running = Running::new(What::Statement(statement), Stage::Describing);
        running.barrier = true;
        self.push(running);
    }

    /// May this statement run here? Asked once for each text.
    fn check(&mut self, work: &Work) -> Result<(), &'static str> {
        match (keyword::effect(&work.stmt().sql), self.role) {
            (Effect::None, _) => Ok(()),
            (Effect::Transaction, _) => Err(
                "a transaction is begun and ended by its handle: use `db.atomic(..)`, `db.begin()`, `tx.atomic(..)`",
            ),
            (Effect::Session, Role::Pooled) => {
                self.tainted = true;
                Ok(())
            }
            (Effect::Session, Role::Lane) => Err(
                "the statement would change the connection, which others share: run it inside `db.atomic(..)`, or give \
                 settings for all connections in the URL, as in `?options=-c%20search_path%3Dshop`",
            ),
        }
    }

    /// Writes the run of a statement whose plan is known, and the Sync that ends it.
    pub(super) fn execute(&mut self, running: &mut Running) {
        let What::Statement(statement) = &mut running.what else { return };
        let Some(plan) = &statement.plan else { return };
        let start = self.output.len();
        let written = statement.work.take_written();
        let unnamed_again = plan.name.is_empty() && running.stage == Stage::Executing;
        let stmt = statement.work.stmt();
        let written = (|| {
            let io = |e: std::io::Error| e.to_string();
            if let Some(rows) = written {
                if !statement.copyable || rows.plan.params != plan.params {
                    return Err(copy::CHANGED.to_owned());
                }
                copy::start(&stmt.sql, &mut self.output)?;
                self.output.extend_from_slice(&rows.data);
                self.grown = true;
                return Ok(());
            }
            if let Some(insert) = &stmt.copy {
                let copy = statement.copyable.then_some(&*stmt.sql);
                return copy::rows(plan, copy, &insert.all, &stmt.params, &mut self.output);
            }
            if unnamed_again {
                frontend::parse("", &stmt.sql, plan.params.iter().copied(), &mut self.output).map_err(io)?;
            }
            bind(plan, &stmt.params, &mut self.output)?;
            if unnamed_again {
                frontend::describe(b'P', "", &mut self.output).map_err(io)?;
            }
            frontend::execute("", 0, &mut self.output).map_err(io)
        })();
        if let Err(why) = written {
            self.output.truncate(start);
            let error =
                match stmt.params.iter().any(|value| value.as_text().is_some_and(|t| t.contains('\0'))) {
                    // Whoever asked wrote it, as in `?title=%00`.
                    true => Error::database(why).with_status(StatusCode::BAD_REQUEST),
                    false => Error::database(why),
                };
            running.failed = Some(Failed::Here(of_stmt(error, stmt)));
        }
        frontend::sync(&mut self.output);
        running.stage = Stage::Executing;
        running.sent = Instant::now();
    }
}

impl Running {
    fn new(what: What, stage: Stage) -> Running {
        Running {
            what,
            stage,
            sent: Instant::now(),
            failed: None,
            rows: 0,
            enough: false,
            changed: 0,
            rolled_back: false,
            barrier: false,
        }
    }

    /// Is it a COPY of rows?
    pub(super) fn copies(&self) -> bool {
        matches!(&self.what, What::Statement(statement) if statement.work.stmt().copy.is_some())
    }

    pub(super) fn tidy() -> Running {
        let mut running = Running::new(What::Tidy, Stage::Executing);
        running.barrier = true;
        running
    }
}

impl Owner {
    /// Ends a transaction that a statement left open.
    pub(super) fn tidy(&mut self) {
        // Can't fail: the text is ours.
        let _ = frontend::query("ROLLBACK", &mut self.output);
        self.push(Running::tidy());
    }
}

impl Statement {
    /// Leaves the form of its rows where the one who asked looks for it.
    pub(super) fn tell_form(&self, plan: &Arc<Plan>) {
        if self.copyable
            && let Some(asked) = self.work.stmt().copy.as_ref().and_then(|copy| copy.asked.as_ref())
        {
            // It may be there already: the form is the same.
            let _ = asked.set(Box::new(Form(plan.clone())));
        }
    }

    fn new(work: Work, load: Option<Load>) -> Statement {
        Statement {
            work,
            load,
            plan: None,
            columns: [].into(),
            params: None,
            name: String::new(),
            cached: false,
            retried: false,
            copyable: false,
        }
    }
}
