//! The server's messages, each for the request that it answers.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::{Buf, BytesMut};
use http::StatusCode;
use postgres_protocol::message::frontend;
use quintet_core::{Error, ErrorKind, Result};

use super::{Failed, Lost, Owner, Stage, Statement, What};
use crate::{
    driver::postgres::{
        copy,
        errors::{Report, of_stmt},
        plan::Plan,
        reader::{self, Span},
        row::PgRow,
        work::Work,
    },
    row::RowSink,
};

impl Owner {
    /// Takes all messages that are complete.
    pub(super) fn take_messages(&mut self) -> Result<(), Lost> {
        let mut input = std::mem::take(&mut self.input);
        let mut taken = 0;
        let result = loop {
            match reader::message(input.get(taken..).unwrap_or_default()) {
                Ok(Some((tag, body, length))) => {
                    if let Err(lost) = self.take(tag, body) {
                        break Err(lost);
                    }
                    taken += length;
                }
                Ok(None) => break Ok(()),
                Err(malformed) => break Err(malformed.into()),
            }
        };
        input.advance(taken);
        make_room(&mut input);
        self.input = input;
        result
    }

    #[inline]
    fn take(&mut self, tag: u8, body: &[u8]) -> Result<(), Lost> {
        match tag {
            b'D' => self.row(body),
            // What was asked of its table is told, and so is all of its description.
            b'C' if self.asks_about_copy() => self.planned(Vec::new()),
            b'C' => {
                if let Some(running) = self.running.front_mut() {
                    (running.changed, running.rolled_back) = reader::tag(body);
                }
                Ok(())
            }
            b'Z' => {
                let status = *body.first().ok_or(Lost::Malformed)?;
                self.complete(status)
            }
            b'E' => self.error(Report::read(body)?),
            b't' => {
                let params = reader::parameters(body)?;
                self.described(|statement| statement.params = Some(params))
            }
            b'T' => self.columns(body),
            b'n' => self.no_columns(),
            b'N' => {
                let notice = Report::read(body)?;
                tracing::debug!(code = notice.code, "PostgreSQL: {}", notice.message);
                Ok(())
            }
            // The rows were sent already.
            b'G' if self.running.front().is_some_and(super::Running::copies) => Ok(()),
            b'G' => self.refuse_copy(),
            b'H' => {
                self.fail_here("COPY … TO STDOUT gives no rows here: select them, or copy to a file");
                Ok(())
            }
            // Parsed, bound, closed, a setting, a notification, nothing to run, suspended, copied.
            b'1' | b'2' | b'3' | b'S' | b'A' | b'I' | b's' | b'c' | b'd' => Ok(()),
            _ => Err(Lost::Malformed),
        }
    }

    #[inline]
    fn row(&mut self, body: &[u8]) -> Result<(), Lost> {
        let running = self.running.front_mut().ok_or(Lost::Malformed)?;
        if running.failed.is_some() || running.enough {
            return Ok(());
        }
        let What::Statement(statement) = &mut running.what else { return Ok(()) };
        if running.stage == Stage::Describing {
            statement.copyable = copy::may(body);
            return Ok(());
        }
        let Statement { work, columns, .. } = &mut **statement;
        let Work::Fetch { sink, job, .. } = work else { return Ok(()) };
        reader::row(body, &mut self.spans)?;
        running.rows += 1;
        match push(&mut **sink, body, &self.spans, columns) {
            Ok(true) => {}
            // The rest comes all the same.
            Ok(false) => running.enough = true,
            Err(error) => {
                let mut error = of_stmt(error, &job.stmt);
                if job.stmt.access == crate::stmt::Access::Write && self.open.is_none() {
                    error = error.with_detail(
                        "note",
                        "the statement was carried out and is kept; only its answer could not be read",
                    );
                }
                running.failed = Some(Failed::Here(error));
            }
        }
        Ok(())
    }

    fn described(&mut self, note: impl FnOnce(&mut Statement)) -> Result<(), Lost> {
        match self.running.front_mut().map(|running| &mut running.what) {
            Some(What::Statement(statement)) => {
                note(statement);
                Ok(())
            }
            // A batch may select, too, and its rows are not looked at.
            _ => Ok(()),
        }
    }

    fn columns(&mut self, body: &[u8]) -> Result<(), Lost> {
        let Some(running) = self.running.front_mut() else { return Err(Lost::Malformed) };
        let What::Statement(statement) = &mut running.what else { return Ok(()) };
        if let Work::Batch { .. } = statement.work {
            return Ok(());
        }
        if running.stage == Stage::Executing {
            // Run without a name: the server tells anew what comes, and in which format.
            statement.columns = reader::columns(body, true)?.into();
            return Ok(());
        }
        let columns = reader::columns(body, false)?;
        self.planned(columns)
    }

    /// Was the server asked whether it copies, and what the columns are?
    fn asks_about_copy(&self) -> bool {
        self.running.front().is_some_and(|running| running.stage == Stage::Describing && running.copies())
    }

    fn no_columns(&mut self) -> Result<(), Lost> {
        match self.running.front() {
            // There is more to come.
            _ if self.asks_about_copy() => Ok(()),
            Some(running) if running.stage == Stage::Describing => self.planned(Vec::new()),
            _ => Ok(()),
        }
    }

    /// The description is complete: the statement runs.
    fn planned(&mut self, columns: Vec<crate::driver::postgres::plan::Column>) -> Result<(), Lost> {
        let Some(mut running) = self.running.pop_front() else { return Err(Lost::Malformed) };
        let What::Statement(statement) = &mut running.what else { return Err(Lost::Malformed) };
        let params = statement.params.take().ok_or(Lost::Malformed)?;
        let plan = Plan::new(std::mem::take(&mut statement.name), params, columns);
        let stmt = statement.work.stmt();
        match (&stmt.copy, &mut self.open) {
            (None, _) => self.plans.insert(&stmt.sql, plan.clone()),
            (Some(_), Some(open)) => open.copied = Some((stmt.sql.clone(), plan.clone(), statement.copyable)),
            (Some(_), None) => {}
        }
        statement.tell_form(&plan);
        statement.columns = plan.columns.clone();
        statement.plan = Some(plan);
        self.execute(&mut running);
        self.release(&mut running);
        // Nothing was sent behind it, so it is the only one.
        self.running.push_front(running);
        Ok(())
    }

    fn release(&mut self, running: &mut super::Running) {
        if std::mem::take(&mut running.barrier) {
            self.barriers -= 1;
        }
    }

    fn error(&mut self, report: Report) -> Result<(), Lost> {
        if report.is_fatal() {
            self.last_words = Some(report);
            return Err(Lost::Closed);
        }
        let Some(running) = self.running.front_mut() else {
            // An error that answers nothing: the server is about to say more by closing.
            self.last_words = Some(report);
            return Ok(());
        };
        if running.failed.is_none() {
            running.failed = Some(Failed::Reported(report));
        }
        if running.stage == Stage::Describing {
            // It was sent without a Sync, and the server skips everything up to one.
            running.stage = Stage::Executing;
            frontend::sync(&mut self.output);
        }
        Ok(())
    }

    /// The server waits for data that nobody has.
    fn refuse_copy(&mut self) -> Result<(), Lost> {
        self.fail_here("COPY … FROM STDIN has no data here: insert the rows, or copy from a file");
        let simple = matches!(
            self.running.front().map(|running| &running.what),
            Some(What::Statement(statement)) if matches!(statement.work, Work::Batch { .. })
        );
        // Can't fail: the text is ours.
        let _ = frontend::copy_fail("no data", &mut self.output);
        if !simple {
            // The Sync that was sent already was lost among the data.
            frontend::sync(&mut self.output);
        }
        Ok(())
    }

    fn fail_here(&mut self, why: &'static str) {
        if let Some(running) = self.running.front_mut()
            && let What::Statement(statement) = &running.what
        {
            running.failed = Some(Failed::Here(of_stmt(Error::database(why), statement.work.stmt())));
        }
    }

    fn complete(&mut self, status: u8) -> Result<(), Lost> {
        let Some(mut running) = self.running.pop_front() else { return Err(Lost::Malformed) };
        self.release(&mut running);
        self.finish(running, status);
        Ok(())
    }
}

/// Hands a row over; a panic of the sink is an error of its statement.
#[inline]
fn push(
    sink: &mut dyn RowSink,
    body: &[u8],
    spans: &[Span],
    columns: &[crate::driver::postgres::plan::Column],
) -> Result<bool> {
    let row = PgRow { body, spans, columns };
    catch_unwind(AssertUnwindSafe(|| sink.push(&row))).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::of_kind(
        ErrorKind::Panic,
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("decoding a row panicked: {}", text.unwrap_or("no message")),
    )
}

/// A large answer's memory is given back once it is through.
fn make_room(input: &mut BytesMut) {
    const KEEP: usize = 256 * 1024;
    if input.is_empty() && input.capacity() > KEEP {
        *input = BytesMut::new();
    }
}
