//! The thread that writes the log.

use std::{
    io::{BufWriter, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

/// Lines that may wait. At some 200 bytes each: 1.6 MB.
const QUEUE: usize = 8192;

enum Work {
    Line(String),
    End,
}

/// Hands lines to the thread.
#[derive(Clone)]
pub(super) struct Writer {
    queue: SyncSender<Work>,
    lost: Arc<AtomicU64>,
}

/// Writes out what waits when it goes.
pub struct Guard {
    queue: SyncSender<Work>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(to: impl Write + Send + 'static, json: bool) -> (Self, Guard) {
        let (queue, work) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = lost.clone();
        // Without a thread (the system has none to give) the queue is closed, and lines are lost, not the site.
        let run = move || write(&work, to, &counted, json);
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(run).ok();
        (Writer { queue: queue.clone(), lost }, Guard { queue, thread })
    }

    /// Never waits.
    pub(super) fn send(&self, line: String) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Work::Line(line)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Waits for room in a full queue: what was logged before the end is written before the end.
        if let Some(thread) = self.thread.take()
            && self.queue.send(Work::End).is_ok()
        {
            let _ = thread.join();
        }
    }
}

fn write(work: &Receiver<Work>, to: impl Write, lost: &AtomicU64, json: bool) {
    let mut to = BufWriter::with_capacity(64 * 1024, to);
    let mut open = true;
    while open && let Ok(first) = work.recv() {
        // What waits is written as one piece; then it is flushed, so that a quiet site's last line is seen.
        for item in std::iter::once(first).chain(work.try_iter()) {
            match item {
                Work::Line(line) => drop(to.write_all(line.as_bytes())),
                Work::End => open = false,
            }
        }
        match lost.swap(0, Ordering::Relaxed) {
            0 => {}
            n => drop(to.write_all(told(n, json).as_bytes())),
        }
        let _ = to.flush();
    }
}

/// The one line that is about the log itself.
fn told(lost: u64, json: bool) -> String {
    let message = format!("{lost} log lines were lost: the log is read too slowly");
    if json {
        format!("{{\"level\":\"warn\",\"message\":\"{message}\"}}\n")
    } else {
        format!("warn: {message}\n")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    /// Keeps what is written; waits at the gate before it takes anything.
    struct Slow(Arc<Mutex<Vec<u8>>>, mpsc::Receiver<()>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.1.recv();
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_was_logged_is_written_at_the_end() {
        let (kept, (open, gate)) = (Arc::new(Mutex::new(Vec::new())), mpsc::channel());
        drop(open);
        let (writer, guard) = Writer::start(Slow(kept.clone(), gate), true);
        for i in 0..1000 {
            writer.send(format!("{i}\n"));
        }
        drop(guard);
        let text = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1000);
        assert!(text.ends_with("999\n"));
    }

    #[test]
    fn a_slow_reader_costs_lines_not_time() {
        let (kept, (open, gate)) = (Arc::new(Mutex::new(Vec::new())), mpsc::channel());
        let (writer, guard) = Writer::start(Slow(kept.clone(), gate), true);
        // Far more than the queue and the buffer hold, while nothing is taken.
        for _ in 0..QUEUE * 3 {
            writer.send("x".repeat(99) + "\n");
        }
        drop(open);
        drop(guard);
        let text = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
        assert!(text.contains("log lines were lost"), "{} lines", text.lines().count());
    }
}
