//! What a process does by a server that is slow.
#![allow(clippy::unwrap_used)]
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{sync::Semaphore, time::sleep};

use super::*;
use crate::layer::News;

/// Knows who is present by whom, and tells nothing.
struct Slow {
    connected: AtomicUsize,
    tidied: AtomicUsize,
    present: Mutex<Vec<(NodeId, ConnectionId)>>,
    /// Somebody enters for each of these.
    may_enter: Semaphore,
}

impl Slow {
    fn new() -> Arc<Slow> {
        Arc::new(Slow {
            connected: AtomicUsize::new(0),
            tidied: AtomicUsize::new(0),
            present: Mutex::default(),
            may_enter: Semaphore::new(0),
        })
    }

    fn position() -> Position {
        Position { epoch: 1, offset: 0 }
    }
}

impl Server for Arc<Slow> {
    type Pump = ();

    fn name(&self) -> &'static str {
        "slow"
    }

    async fn connect(&self) -> Result {
        self.connected.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn pump(&self, (): &mut (), _: &Follow) -> Error {
        std::future::pending().await
    }

    async fn ping(&self) -> Result {
        Ok(())
    }

    async fn subscribe(&self, _: &[Arc<str>], _: &[Arc<str>]) -> Result {
        Ok(())
    }

    async fn append(&self, _: &str, _: &Event) -> Result<Position> {
        Ok(Slow::position())
    }

    async fn pass(&self, _: &str, _: &Event) -> Result {
        Ok(())
    }

    async fn since(&self, _: &str, _: Position, _: bool) -> Result<(Since, Position)> {
        Ok((Since::Gap { at: Slow::position() }, Slow::position()))
    }

    async fn heads(&self, topics: &[Arc<str>]) -> Result<Vec<Head>> {
        Ok(topics.iter().map(|_| Head { log: Slow::position(), version: 0 }).collect())
    }

    async fn here(&self, _: &str) -> Result<(Position, Vec<Here>)> {
        Ok((Slow::position(), Vec::new()))
    }

    async fn enter(&self, node: NodeId, _: &str, here: &Here) -> Result {
        self.may_enter.acquire().await.unwrap().forget();
        self.present.lock().unwrap().push((node, here.id));
        Ok(())
    }

    async fn leave(&self, _: NodeId, _: &str, id: ConnectionId, _: bool) -> Result {
        self.present.lock().unwrap().retain(|(_, present)| *present != id);
        Ok(())
    }

    async fn beat(&self, _: NodeId) -> Result<Beat> {
        Ok(Beat { known: true, dead: Vec::new() })
    }

    async fn topics_of(&self, node: NodeId) -> Result<Vec<String>> {
        let some = self.present.lock().unwrap().iter().any(|(by, _)| *by == node);
        Ok(some.then(|| "film".to_owned()).into_iter().collect())
    }

    async fn reap(&self, node: NodeId, _: &str) -> Result {
        self.present.lock().unwrap().retain(|(by, _)| *by != node);
        Ok(())
    }

    async fn bury(&self, _: NodeId) -> Result {
        Ok(())
    }

    fn tidy_every(&self) -> Option<Duration> {
        Some(Duration::from_secs(1))
    }

    async fn tidy(&self) -> Result {
        self.tidied.fetch_add(1, Ordering::Relaxed);
        std::future::pending().await
    }
}

struct Deaf;

impl Sink for Deaf {
    fn hear(&self, _: &str, _: News) {}
}

async fn started(server: &Arc<Slow>) -> Arc<Served<Arc<Slow>>> {
    let served = Arc::new(Served::new(server.clone(), Pace::default()));
    served.start(Arc::new(Deaf)).await.unwrap();
    served
}

#[tokio::test(start_paused = true)]
async fn a_layer_whose_tidying_takes_too_long_stays_up() {
    let server = Slow::new();
    let served = started(&server).await;
    while server.tidied.load(Ordering::Relaxed) < 3 {
        sleep(Duration::from_secs(1)).await;
        served.health().await.unwrap();
    }
    assert_eq!(server.connected.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn who_is_just_entering_at_the_stop_is_not_left_behind() {
    let server = Slow::new();
    let served = started(&server).await;
    let enter = |id| {
        let served = served.clone();
        let here = Here { id: ConnectionId(id), meta: Default::default() };
        tokio::spawn(async move { served.enter("film", here).await })
    };
    let entering = enter(7);
    // Time stands still until nobody has anything to do: it waits at the server, then stopping does for it.
    sleep(Duration::from_millis(1)).await;
    let stopping = tokio::spawn({
        let served = served.clone();
        async move { served.stop().await }
    });
    sleep(Duration::from_millis(1)).await;
    let late = enter(8);
    server.may_enter.add_permits(10);
    entering.await.unwrap().unwrap();
    stopping.await.unwrap();
    late.await.unwrap().unwrap_err();
    assert_eq!(*server.present.lock().unwrap(), []);
}
