//! Threads that hold connections: some that read, one that writes, as Quintet's driver has them.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

/// The same as Quintet's.
const PRAGMAS: &str = "
    PRAGMA foreign_keys = ON;
    PRAGMA synchronous = NORMAL;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16000;
    PRAGMA mmap_size = 134217728;
    PRAGMA journal_size_limit = 67108864;
";
const STATEMENTS: usize = 256;

#[derive(Clone)]
pub struct Lanes {
    readers: Arc<Lane>,
    writer: Arc<Lane>,
}

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// A queue and the threads that take from it.
#[derive(Default)]
struct Lane {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Work>,
    idle: usize,
}

impl Lanes {
    pub fn open(path: &Path) -> rusqlite::Result<Lanes> {
        let writer = connect(path)?;
        writer.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        let readers = thread::available_parallelism().map_or(1, usize::from).min(4);
        let readers = (0..readers).map(|_| reader(path)).collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Lanes { readers: Lane::start(readers), writer: Lane::start(vec![writer]) })
    }

    pub async fn read<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> T + Send + 'static) -> T {
        self.readers.run(|connection| work(connection)).await
    }

    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> T {
        self.writer.run(work).await
    }
}

impl Lane {
    fn start(connections: Vec<Connection>) -> Arc<Lane> {
        let lane = Arc::new(Lane::default());
        for connection in connections {
            let lane = lane.clone();
            thread::spawn(move || lane.serve(connection));
        }
        lane
    }

    fn serve(&self, mut connection: Connection) -> ! {
        loop {
            let work = self.next();
            work(&mut connection);
        }
    }

    fn next(&self) -> Work {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(work) = state.queue.pop_front() {
                return work;
            }
            state.idle += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    fn push(&self, work: Work) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.queue.push_back(work);
        let sleeping = state.idle > 0;
        drop(state);
        if sleeping {
            self.wake.notify_one();
        }
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Connection) -> T + Send + 'static) -> T {
        let (reply, answer) = oneshot::channel();
        self.push(Box::new(move |connection| drop(reply.send(work(connection)))));
        answer.await.expect("the thread answers or the process has ended")
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(PRAGMAS)?;
    Ok(connection)
}

fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(connection)
}
