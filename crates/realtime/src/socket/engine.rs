//! One connection: what it has read ahead, what waits to be written, how it ends. The task that runs it [`drive`](Engine::drive)s it; the
//! handler's ends ask it for what they need and are woken.

use std::{
    io::ErrorKind,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};
use tungstenite::{
    Error as RawError,
    protocol::{Message as Raw, Role, WebSocketConfig, WebSocketContext},
};

use super::{
    close_code,
    ending::Closed,
    message::Message,
    wire::{Count, Wire},
};

/// What a connection at rest keeps for reading. The default of the protocol's library is thirty times as much.
const READ: usize = 4 * 1024;
/// From here on what is written goes on its way without waiting for more.
const TOGETHER: usize = 16 * 1024;
/// So many pings and their like are answered before others get their turn.
const TURN: usize = 64;

/// What a connection may do, and for how long it is waited for. A time of zero is no limit.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// The largest message, in bytes.
    pub(super) message: usize,
    /// The largest frame.
    pub(super) frame: usize,
    /// Who sends waits while more than so many bytes wait for the client.
    pub(super) waiting: usize,
    /// How long a client may take nothing of what waits for it.
    pub(super) write: Duration,
    /// After so long without a word the client is asked whether it is there.
    pub(super) ping: Duration,
    /// And then it has so long to answer.
    pub(super) pong: Duration,
    /// How long the client's goodbye is waited for.
    pub(super) goodbye: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            message: 64 * 1024,
            frame: 64 * 1024,
            waiting: 64 * 1024,
            write: Duration::from_secs(30),
            ping: Duration::from_secs(25),
            pong: Duration::from_secs(20),
            goodbye: Duration::from_secs(5),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// One side has said goodbye; the other one's is waited for.
    Closing,
    /// What the client sends can't be understood any more. It is told why.
    Failing,
    /// It has been told. What it sends is thrown away until it has understood, or our word would be lost: who closes a connection with
    /// something unread in it resets it.
    Lingering,
    /// Both have said goodbye.
    Leaving,
    Over,
}

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Room for one more message.
    Room,
    /// That everything is taken.
    Quiet,
    End,
}

pub(super) struct Engine<S> {
    io: Option<S>,
    context: WebSocketContext,
    limits: Limits,
    /// Wakes the task that drives.
    driver: Waker,
    /// It is at work, and will look at everything before it rests.
    driving: bool,
    stage: Stage,
    end: Option<Closed>,
    /// Read ahead, so that the goodbye is heard while the handler does something else.
    ready: Option<Message>,
    /// Waits for a message.
    reader: Option<Waker>,
    /// Does anybody want messages?
    wanted: bool,
    waiters: Vec<(For, Waker)>,
    count: Count,
    /// Bytes that wait for the client.
    waiting: usize,
    /// How much of `count` has been looked at.
    seen: (u64, u64),
    /// When the client last took something, or something began to wait for it.
    taken: Instant,
    /// When the client last said something.
    heard: Instant,
    pinged: Option<Instant>,
    /// How long a goodbye is waited for.
    until: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

/// What has become of a connection when nothing more can be done for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drive {
    /// It wakes the task.
    Rests,
    /// The task itself waits for what has happened.
    Again,
    Over,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Engine<S> {
    pub(super) fn new(io: S, limits: Limits) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(TOGETHER)
            .max_message_size(Some(limits.message))
            .max_frame_size(Some(limits.frame));
        let now = Instant::now();
        Engine {
            io: Some(io),
            context: WebSocketContext::new(Role::Server, Some(config)),
            limits,
            driver: Waker::noop().clone(),
            driving: false,
            stage: Stage::Open,
            end: None,
            ready: None,
            reader: None,
            wanted: true,
            waiters: Vec::new(),
            count: Count::default(),
            waiting: 0,
            seen: (0, 0),
            taken: now,
            heard: now,
            pinged: None,
            until: now,
            timer: None,
        }
    }

    /// The task that drives is at work; these wake it.
    pub(super) fn begin(&mut self, cx: &Context<'_>) {
        self.driver.clone_from(cx.waker());
        self.driving = true;
    }

    pub(super) fn end(&self) -> Option<&Closed> {
        self.end.as_ref()
    }

    /// The next message; none when it has ended as it should.
    pub(super) fn poll_message(&mut self, cx: &Context<'_>) -> Poll<Result<Option<Message>, Closed>> {
        if let Some(message) = self.ready.take() {
            // It was there all the while that nobody listened to it.
            self.heard = Instant::now();
            self.nudge();
            return Poll::Ready(Ok(Some(message)));
        }
        match &self.end {
            Some(end) if end.is_orderly() => Poll::Ready(Ok(None)),
            Some(end) => Poll::Ready(Err(end.clone())),
            None => {
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Nobody wants messages any more.
    pub(super) fn unwanted(&mut self) {
        self.wanted = false;
        self.ready = None;
        self.nudge();
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Sends a message as soon as there is room. `message` is there until it is sent.
    pub(super) fn poll_send(
        &mut self,
        cx: &Context<'_>,
        message: &mut Option<Message>,
        flush: bool,
    ) -> Poll<Result<(), Closed>> {
        if let Some(end) = &self.end {
            return Poll::Ready(Err(end.clone()));
        }
        if self.waiting > self.limits.waiting {
            self.wait(For::Room, cx);
            return Poll::Pending;
        }
        if let Some(message) = message.take() {
            self.with_driver(|engine, cx| {
                engine.write(cx, message.size(), message.into_raw());
                if flush {
                    engine.flush(cx);
                }
            });
            if self.waiting > 0 || self.end.is_some() {
                self.nudge();
            }
        }
        Poll::Ready(self.end.clone().map_or(Ok(()), Err))
    }

    /// Waits until the client's system has all that was sent.
    pub(super) fn poll_flush(&mut self, cx: &Context<'_>) -> Poll<Result<(), Closed>> {
        if self.stage == Stage::Open {
            self.with_driver(Self::flush);
        }
        match &self.end {
            Some(end) => Poll::Ready(Err(end.clone())),
            None if self.waiting == 0 => Poll::Ready(Ok(())),
            None => {
                self.wait(For::Quiet, cx);
                self.nudge();
                Poll::Pending
            }
        }
    }

    pub(super) fn poll_closed(&mut self, cx: &Context<'_>) -> Poll<Closed> {
        match &self.end {
            Some(end) => Poll::Ready(end.clone()),
            None => {
                self.wait(For::End, cx);
                Poll::Pending
            }
        }
    }

    /// Says goodbye, unless somebody has.
    pub(super) fn close(&mut self, closed: Closed) {
        if self.stage == Stage::Open {
            self.say(closed, Stage::Closing);
            self.nudge();
        }
    }

    /// Lets go of the connection without a word.
    pub(super) fn cut(&mut self) {
        self.over(Closed::broken("the server has ended"));
    }

    /// Does all that can be done without waiting.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) -> Drive {
        let mut again = false;
        // Ends: each turn but the last brings it to another stage.
        loop {
            let before = self.stage;
            match self.stage {
                Stage::Open | Stage::Closing => {
                    again |= self.read(cx);
                    if matches!(self.stage, Stage::Open | Stage::Closing)
                        && (self.waiting > 0 || self.count.blocked || self.ready.is_some())
                    {
                        self.flush(cx);
                    }
                }
                Stage::Failing => self.flush(cx),
                Stage::Lingering => self.linger(cx),
                Stage::Leaving => self.leave(cx),
                Stage::Over => break,
            }
            if self.stage == before && !self.late(cx) {
                break;
            }
        }
        again |= self.wake_waiters(cx);
        self.driving = again;
        match (self.stage, again) {
            (_, true) => Drive::Again,
            (Stage::Over, false) => Drive::Over,
            _ => Drive::Rests,
        }
    }

    /// Reads until there is nothing, or a message that is wanted. True if the task itself waits for it.
    fn read(&mut self, cx: &mut Context<'_>) -> bool {
        for _ in 0..TURN {
            if self.ready.is_some() {
                return false;
            }
            let Some(io) = &mut self.io else { return false };
            let read = self.context.read(&mut Wire { io, cx, count: &mut self.count });
            self.account();
            match read {
                Ok(Raw::Close(frame)) => {
                    if self.end.is_none() {
                        self.ended(Closed::of_client(frame));
                    }
                    self.go(Stage::Closing);
                }
                Ok(raw) => {
                    if let (Some(message), true, Stage::Open) =
                        (Message::from_raw(raw), self.wanted, self.stage)
                    {
                        self.ready = Some(message);
                        return self.reader.take().is_some_and(|reader| woken(reader, cx));
                    }
                }
                Err(error) if is_blocked(&error) => return false,
                Err(error) => {
                    self.failed(&error);
                    return false;
                }
            }
        }
        // There may be more, and others wait too.
        cx.waker().wake_by_ref();
        false
    }

    fn write(&mut self, cx: &mut Context<'_>, size: usize, raw: Raw) {
        if self.waiting == 0 {
            self.taken = Instant::now();
        }
        self.waiting = self.waiting.saturating_add(size);
        let Some(io) = &mut self.io else { return };
        let written = self.context.write(&mut Wire { io, cx, count: &mut self.count }, raw);
        self.account();
        if let Err(error) = written
            && !is_blocked(&error)
        {
            self.failed(&error);
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        let Some(io) = &mut self.io else { return };
        let flushed = self.context.flush(&mut Wire { io, cx, count: &mut self.count });
        self.account();
        match flushed {
            Ok(()) => {
                self.waiting = 0;
                if self.stage == Stage::Failing {
                    self.go(Stage::Lingering);
                }
            }
            Err(error) if is_blocked(&error) => {}
            Err(error) => self.failed(&error),
        }
    }

    /// Looks at what has passed.
    fn account(&mut self) {
        let (read, written) = (self.count.read, self.count.written);
        if (read, written) == self.seen {
            return;
        }
        let now = Instant::now();
        if read != self.seen.0 {
            (self.heard, self.pinged) = (now, None);
        }
        let taken = written.wrapping_sub(self.seen.1);
        if taken > 0 {
            self.taken = now;
            self.waiting = self.waiting.saturating_sub(usize::try_from(taken).unwrap_or(usize::MAX));
        }
        self.seen = (read, written);
    }

    /// Something can't go on.
    fn failed(&mut self, error: &RawError) {
        match (error, self.stage) {
            (RawError::ConnectionClosed | RawError::AlreadyClosed, Stage::Failing) => {
                self.go(Stage::Lingering);
            }
            (RawError::ConnectionClosed | RawError::AlreadyClosed, _) => self.go(Stage::Leaving),
            (_, Stage::Open) => {
                let end = Closed::by_error(error);
                if end.is_broken() { self.over(end) } else { self.say(end, Stage::Failing) }
            }
            _ => self.over(Closed::by_error(error)),
        }
    }

    /// Says goodbye.
    fn say(&mut self, end: Closed, next: Stage) {
        let frame = end.frame();
        self.ended(end);
        self.go(next);
        self.with_driver(|engine, cx| {
            let Some(io) = &mut engine.io else { return };
            let said = engine.context.close(&mut Wire { io, cx, count: &mut engine.count }, Some(frame));
            engine.account();
            match said {
                Ok(()) => engine.waiting = 0,
                Err(error) if is_blocked(&error) => engine.waiting = engine.waiting.max(1),
                Err(error) => engine.failed(&error),
            }
        });
    }

    /// On to another stage of the end, which has its time.
    fn go(&mut self, stage: Stage) {
        if self.stage != stage {
            self.stage = stage;
            self.until = after(self.limits.goodbye);
        }
    }

    /// Throws away what still comes.
    fn linger(&mut self, cx: &mut Context<'_>) {
        let Some(io) = &mut self.io else { return };
        if Pin::new(&mut *io).poll_shutdown(cx).is_pending() {
            return;
        }
        let mut space = [0; 2048];
        for _ in 0..TURN {
            let mut space = ReadBuf::new(&mut space);
            match Pin::new(&mut *io).poll_read(cx, &mut space) {
                Poll::Ready(Ok(())) if !space.filled().is_empty() => {}
                Poll::Ready(_) => return self.gone(),
                Poll::Pending => return,
            }
        }
        cx.waker().wake_by_ref();
    }

    fn leave(&mut self, cx: &mut Context<'_>) {
        let Some(io) = &mut self.io else { return };
        if Pin::new(io).poll_shutdown(cx).is_ready() {
            self.gone();
        }
    }

    /// Does what is due. True if that has changed something; the task is woken when the next is due.
    fn late(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(due) = self.due() else { return false };
        if due <= Instant::now() {
            self.overdue(cx);
            return true;
        }
        match &mut self.timer {
            // It goes off early enough, and we look again then: most times are put off with each message.
            Some(timer) if !timer.is_elapsed() && timer.deadline() <= due => {}
            Some(timer) => timer.as_mut().reset(due),
            none => *none = Some(Box::pin(sleep_until(due))),
        }
        self.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
    }

    fn due(&self) -> Option<Instant> {
        match self.stage {
            Stage::Over => None,
            Stage::Open => {
                let write = (self.waiting > 0).then(|| limit(self.taken, self.limits.write)).flatten();
                // Who does not listen can't hear whether the client is there; and who can't be written to can't be asked.
                let deaf = self.ready.is_some() || self.waiting > 0;
                let silent = match self.pinged {
                    _ if deaf => None,
                    Some(pinged) => limit(pinged, self.limits.pong),
                    None => limit(self.heard, self.limits.ping),
                };
                write.into_iter().chain(silent).min()
            }
            _ => Some(self.until),
        }
    }

    fn overdue(&mut self, cx: &mut Context<'_>) {
        if self.stage != Stage::Open {
            // It has been told, and does not answer.
            self.gone();
        } else if self.waiting > 0 {
            self.over(Closed::broken("the client takes no more of what it is sent"));
        } else if self.pinged.is_some() {
            // In case that it hears us nonetheless.
            self.say(Closed::by_server(close_code::ERROR, "no answer to a ping"), Stage::Failing);
            self.end = Some(Closed::broken("the client does not answer a ping"));
            if self.stage == Stage::Failing {
                self.gone();
            }
        } else {
            self.pinged = Some(Instant::now());
            self.write(cx, 16, Raw::Ping(Bytes::new()));
            self.flush(cx);
        }
    }

    fn over(&mut self, end: Closed) {
        if self.end.is_none() {
            self.ended(end);
        }
        self.gone();
    }

    /// The connection is let go, whoever still holds on to its ends.
    fn gone(&mut self) {
        self.stage = Stage::Over;
        self.io = None;
        self.timer = None;
    }

    fn ended(&mut self, end: Closed) {
        self.end = Some(end);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        for (_, waiter) in mem::take(&mut self.waiters) {
            waiter.wake();
        }
    }

    fn wait(&mut self, what: For, cx: &Context<'_>) {
        let known = |(known, waker): &(For, Waker)| *known == what && waker.will_wake(cx.waker());
        if !self.waiters.iter().any(known) {
            self.waiters.push((what, cx.waker().clone()));
        }
    }

    /// Wakes those that have what they wait for. True if the task itself is one of them.
    fn wake_waiters(&mut self, cx: &Context<'_>) -> bool {
        let (room, quiet) = (self.waiting <= self.limits.waiting, self.waiting == 0);
        let has = |what: For| match what {
            For::Room => room,
            For::Quiet => quiet,
            // They are told when it comes.
            For::End => false,
        };
        let mut again = false;
        for (_, waiter) in self.waiters.extract_if(.., |(what, _)| has(*what)) {
            again |= woken(waiter, cx);
        }
        again
    }

    /// Wakes the task that drives, if it is not at work already.
    fn nudge(&self) {
        if !self.driving {
            self.driver.wake_by_ref();
        }
    }

    /// Does something for whoever calls, so that the task that drives is woken when it can go on.
    fn with_driver(&mut self, work: impl FnOnce(&mut Self, &mut Context<'_>)) {
        let driver = self.driver.clone();
        work(self, &mut Context::from_waker(&driver));
    }
}

fn is_blocked(error: &RawError) -> bool {
    matches!(error, RawError::Io(error) if error.kind() == ErrorKind::WouldBlock)
}

/// Wakes another task; true if it is this one, which need not be woken.
fn woken(waker: Waker, cx: &Context<'_>) -> bool {
    let own = waker.will_wake(cx.waker());
    if !own {
        waker.wake();
    }
    own
}

fn limit(from: Instant, limit: Duration) -> Option<Instant> {
    if limit.is_zero() { None } else { from.checked_add(limit) }
}

fn after(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or(now)
}
