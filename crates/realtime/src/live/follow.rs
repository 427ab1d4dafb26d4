//! From the change feed of this process to the layer, for all processes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quintet_core::{Boot, Result, Services, meta::ModelMeta};
use quintet_orm::{
    Db,
    change::{Changes, Notice},
    registered_models,
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::told::{Told, topic};
use crate::{Channels, hub::Hub, layer::Event};

/// How long a site that ends tells what it has written last.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The live models of a site, and the tasks that tell of them, one for each database.
pub(crate) struct Following {
    models: Vec<&'static ModelMeta>,
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Following {
    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// They hold the hub, and through it perhaps the database whose end would end them.
impl Drop for Following {
    fn drop(&mut self) {
        self.tasks().iter().for_each(JoinHandle::abort);
    }
}

/// Looks which models are live, and whether any is. Where none is, nobody follows anything, and writes cost nothing more.
pub(crate) fn prepare(boot: &mut Boot) -> bool {
    let mut models = registered_models(&boot.site);
    models.retain(|model| model.options.live);
    let any = !models.is_empty();
    if any {
        let (stop, tasks) = (watch::Sender::new(false), Mutex::default());
        boot.services.insert(Arc::new(Following { models, stop, tasks }));
    }
    any
}

/// Begins to tell.
///
/// # Errors
/// If a database is not there.
pub(crate) fn follow(services: &Services) -> Result {
    let (Some(following), Some(db), Some(Channels(hub))) =
        (services.get::<Arc<Following>>(), services.get::<Db>(), services.get::<Channels>())
    else {
        return Ok(());
    };
    for name in db.names() {
        let changes = db.using(name)?.changes().of_models(following.models.iter().copied());
        let (models, stop) = (following.models.clone(), following.stop.subscribe());
        let task = tokio::spawn(tell_all(changes, models, hub.clone(), stop));
        following.tasks().push(task);
    }
    Ok(())
}

/// Tells what was written so far, and ends.
pub(crate) async fn stop(services: &Services) {
    let Some(following) = services.get::<Arc<Following>>() else { return };
    following.stop.send_replace(true);
    let tasks = std::mem::take(&mut *following.tasks());
    let end = Instant::now() + LAST_WORDS;
    for mut task in tasks {
        if timeout_at(end, &mut task).await.is_err() {
            tracing::warn!("not all changes of live models could be told: the layer takes too long");
            task.abort();
        }
    }
}

async fn tell_all(
    mut changes: Changes,
    models: Vec<&'static ModelMeta>,
    hub: Arc<Hub>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            biased;
            notice = changes.next() => match notice {
                Some(notice) => tell(&notice, &models, &hub).await,
                None => return,
            },
            () = async { drop(stop.wait_for(|stop| *stop).await) } => break,
        }
    }
    while let Some(notice) = changes.try_next() {
        tell(&notice, &models, &hub).await;
    }
}

async fn tell(notice: &Notice, models: &[&'static ModelMeta], hub: &Hub) {
    for model in models {
        let told = match notice {
            Notice::Changes(batch) => Told::of(batch, model),
            // Some were missed, of whichever model.
            _ => Some(Told::ANY),
        };
        let Some(told) = told else { continue };
        let sent =
            async { hub.publish(&topic(model), Event { data: told.data()?, except: None }, true).await };
        if let Err(error) = sent.await {
            tracing::error!(model = model.label(), %error, "a change of a live model can't be told");
        }
    }
}
