//! One deadline for each connection: of the request's head that it waits for, then of the handler that it waits for.
//!
//! A timer of tokio's for each of them would be put into the runtime's wheel and taken out again with every request, and
//! hyper's own time-out on heads makes it look at the socket once more after each answer. Here a request only
//! writes down when its time is over; the connection has one timer, which, when it goes off, looks whether that time has
//! come, and if not sleeps on. A busy connection touches the wheel every few seconds, a resting one once.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use tokio::time::{Instant, Sleep, sleep_until};

/// What a connection waits for, and until when. Shared by the connection, its socket and the gate; they run in one task, so
/// that nobody is woken when it changes. The server alone looks at it from outside: who [rests](Self::rests_since) may have to
/// [make room](Self::make_room).
#[derive(Debug)]
pub(crate) struct Deadline {
    start: Instant,
    /// Nanoseconds after `start`; 0 for none.
    at: AtomicU64,
    passed: AtomicBool,
    /// A request is under way: from its head until the last byte of its answer is handed over.
    busy: AtomicBool,
    /// A request has come, now or before.
    begun: AtomicBool,
    /// The next answer is the last one.
    last: AtomicBool,
    /// The client does not take what it is sent.
    blocked: AtomicBool,
    /// Its place is wanted for somebody else, unless a request has come.
    unwelcome: AtomicBool,
    task: AtomicWaker,
}

impl Deadline {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Deadline {
            start: Instant::now(),
            at: AtomicU64::new(0),
            passed: AtomicBool::new(false),
            busy: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            last: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            unwelcome: AtomicBool::new(false),
            task: AtomicWaker::new(),
        })
    }

    /// The wait that begins now may last this long.
    pub(crate) fn allow(&self, limit: Duration) {
        let at = Instant::now().checked_add(limit);
        let nanos = at.map_or(u128::MAX, |at| at.saturating_duration_since(self.start).as_nanos().max(1));
        self.at.store(u64::try_from(nanos).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.passed.store(false, Ordering::Relaxed);
    }

    /// The wait is over.
    pub(crate) fn clear(&self) {
        self.at.store(0, Ordering::Relaxed);
        self.passed.store(false, Ordering::Relaxed);
    }

    /// Has the wait lasted too long?
    pub(crate) fn passed(&self) -> bool {
        self.passed.load(Ordering::Relaxed)
    }

    /// A request has come, or its answer has gone.
    pub(crate) fn busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
        self.begun.store(true, Ordering::Relaxed);
        self.unwelcome.store(false, Ordering::Relaxed);
        self.clear();
    }

    /// Has a request come, now or before?
    pub(crate) fn begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// After one more answer the connection ends.
    pub(crate) fn end(&self) {
        self.last.store(true, Ordering::Relaxed);
    }

    /// Does the connection end after this answer?
    pub(crate) fn ends(&self) -> bool {
        self.last.load(Ordering::Relaxed)
    }

    /// A write waits for the client, or does not any more.
    pub(crate) fn blocked(&self, blocked: bool) {
        self.blocked.store(blocked, Ordering::Relaxed);
    }

    /// Is there nothing to wait for but the head of the next request?
    fn rests(&self) -> bool {
        !self.busy.load(Ordering::Relaxed) && !self.blocked.load(Ordering::Relaxed)
    }

    /// Since when there is nothing to wait for but the head of a request, which may take `head`; none while one is answered, and of a
    /// connection that has been asked to [make room](Self::make_room).
    pub(crate) fn rests_since(&self, head: Duration) -> Option<Instant> {
        let rests = self.rests() && !self.unwelcome.load(Ordering::Relaxed);
        // A rest's time is written down when it begins.
        self.at().filter(|_| rests)?.checked_sub(head)
    }

    /// Ends the connection if it still waits for a request when its task hears of this.
    pub(crate) fn make_room(&self) {
        self.unwelcome.store(true, Ordering::Relaxed);
        self.task.wake();
    }

    fn at(&self) -> Option<Instant> {
        match self.at.load(Ordering::Relaxed) {
            0 => None,
            nanos => self.start.checked_add(Duration::from_nanos(nanos)),
        }
    }
}

/// Runs a connection and wakes it at its deadline.
pub(crate) struct Watch {
    deadline: Arc<Deadline>,
    head: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

/// The client did not send a request's head in time, or before its place was wanted for somebody else.
#[derive(Debug)]
pub(crate) struct NoHead;

impl Watch {
    /// `head` is the longest wait for the head of a request.
    pub(crate) fn new(deadline: Arc<Deadline>, head: Duration) -> Self {
        Watch { deadline, head, timer: None }
    }

    pub(crate) fn deadline(&self) -> &Arc<Deadline> {
        &self.deadline
    }

    /// Polls `work`, which sees by [`Deadline::passed`] that the time of its request is over. `new_task` says that the waker
    /// is another than the last time.
    pub(crate) fn poll<F: Future>(
        &mut self,
        cx: &mut Context<'_>,
        new_task: bool,
        mut work: Pin<&mut F>,
    ) -> Poll<Result<F::Output, NoHead>> {
        if new_task {
            self.deadline.task.register(cx.waker());
        }
        loop {
            if self.timer.as_ref().is_some_and(|timer| timer.is_elapsed()) {
                self.timer = None;
                if self.deadline.at().is_some_and(|at| at <= Instant::now()) {
                    self.deadline.passed.store(true, Ordering::Relaxed);
                }
            }
            if let Poll::Ready(ended) = work.as_mut().poll(cx) {
                return Poll::Ready(Ok(ended));
            }
            // Each request clears the deadline when it comes and when it has gone, so that every rest has one of its own.
            if self.deadline.rests() {
                if self.deadline.passed() || self.deadline.unwelcome.load(Ordering::Relaxed) {
                    return Poll::Ready(Err(NoHead));
                }
                if self.deadline.at().is_none() {
                    self.deadline.allow(self.head);
                }
            }
            if !self.sleep(cx, new_task) {
                return Poll::Pending;
            }
        }
    }

    /// Sees to it that the task is woken in time; true if it is time already.
    fn sleep(&mut self, cx: &mut Context<'_>, new_task: bool) -> bool {
        let Some(at) = self.deadline.at().filter(|_| !self.deadline.passed()) else { return false };
        match &mut self.timer {
            // It goes off early enough, and looks again then.
            Some(timer) if timer.deadline() <= at => new_task && timer.as_mut().poll(cx).is_ready(),
            Some(timer) => {
                timer.as_mut().reset(at);
                timer.as_mut().poll(cx).is_ready()
            }
            None => self.timer.insert(Box::pin(sleep_until(at))).as_mut().poll(cx).is_ready(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin};

    use super::*;

    const HEAD: Duration = Duration::from_secs(15);

    async fn run<F: Future>(deadline: &Arc<Deadline>, work: F) -> Result<F::Output, NoHead> {
        let mut watch = Watch::new(deadline.clone(), HEAD);
        let mut work = pin!(work);
        let mut new_task = true;
        poll_fn(|cx| watch.poll(cx, std::mem::take(&mut new_task), work.as_mut())).await
    }

    /// Waits for the deadline as a request does.
    async fn passed(deadline: &Deadline) {
        poll_fn(|_| if deadline.passed() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    async fn later(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_wait_counts_whether_later_or_earlier() {
        for (waits, seconds) in [(vec![10], 10), (vec![10, 60], 60), (vec![60, 10, 20], 20)] {
            let (deadline, start) = (Deadline::new(), Instant::now());
            let work = async {
                for wait in waits {
                    deadline.busy(true);
                    deadline.allow(Duration::from_secs(wait));
                    tokio::task::yield_now().await;
                }
                passed(&deadline).await;
            };
            run(&deadline, work).await.unwrap();
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_ends_though_the_task_is_polled_for_other_reasons() {
        let (deadline, start) = (Deadline::new(), Instant::now());
        let drops = async {
            loop {
                later(4).await;
            }
        };
        let ended: Result<(), NoHead> = run(&deadline, drops).await;
        assert!(ended.is_err());
        assert_eq!(start.elapsed(), HEAD);
    }

    #[tokio::test(start_paused = true)]
    async fn each_rest_has_its_own_deadline() {
        let (deadline, start) = (Deadline::new(), Instant::now());
        let work = async {
            for _ in 0..3 {
                later(10).await;
                deadline.busy(true);
                // Longer than a rest may be: nobody minds a slow handler here.
                later(40).await;
                deadline.busy(false);
            }
            std::future::pending::<()>().await;
        };
        assert!(run(&deadline, work).await.is_err());
        assert_eq!(start.elapsed(), Duration::from_secs(150) + HEAD);
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_waits_is_no_rest() {
        let (deadline, start) = (Deadline::new(), Instant::now());
        let work = async {
            deadline.busy(true);
            deadline.blocked(true);
            deadline.busy(false);
            later(25).await;
            deadline.blocked(false);
            std::future::pending::<()>().await;
        };
        assert!(run(&deadline, work).await.is_err());
        assert_eq!(start.elapsed(), Duration::from_secs(25) + HEAD);
    }

    #[tokio::test(start_paused = true)]
    async fn who_rests_makes_room() {
        let deadline = Deadline::new();
        assert!(deadline.rests_since(HEAD).is_none(), "not looked at yet");
        let asked = tokio::spawn({
            let deadline = deadline.clone();
            async move { run(&deadline, std::future::pending::<()>()).await.is_err() }
        });
        later(3).await;
        assert_eq!(deadline.rests_since(HEAD).unwrap().elapsed(), Duration::from_secs(3));
        deadline.make_room();
        assert!(deadline.rests_since(HEAD).is_none(), "it is asked once");
        assert!(asked.await.unwrap());
        assert_eq!(deadline.start.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_at_work_keeps_its_place() {
        let deadline = Deadline::new();
        let work = async {
            later(1).await;
            deadline.busy(true);
            assert!(deadline.rests_since(HEAD).is_none());
            // As if it had been asked just before its request came.
            deadline.unwelcome.store(true, Ordering::Relaxed);
            later(5).await;
            deadline.busy(false);
            later(5).await;
            assert_eq!(deadline.rests_since(HEAD).unwrap().elapsed(), Duration::from_secs(5));
        };
        run(&deadline, work).await.unwrap();
        assert_eq!(deadline.start.elapsed(), Duration::from_secs(11));
    }
}
