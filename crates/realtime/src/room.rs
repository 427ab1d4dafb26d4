use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, EmbeddedFile, Error, Folder, Result, Room, Services,
    command::Command,
    settings::{Section, SettingsSection},
    template::Supplied,
};
use quintet_web::{Stopping, SuppliedRoutes, axum::routing, session::SessionWatch};

use crate::{
    Channels,
    channel::ChannelSlot,
    command, endpoint,
    hub::{Hub, registry::Registry},
    identity::Identify,
    layer::{Layer, Retention, by_url},
    settings::ChannelSettings,
};

/// The client for browsers: `{{ static("channels.js") }}`.
static FILES: &[EmbeddedFile] = &[
    EmbeddedFile { path: "static/channels.js", bytes: include_bytes!("../client/channels.js") },
    EmbeddedFile { path: "static/channels-html.js", bytes: include_bytes!("../client/channels-html.js") },
];

/// The room of channels: the section `[channels]`, the service [`Channels`], where clients connect, the command `publish`. It starts
/// before the web room, which has its route.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealtimeRoom;

impl Room for RealtimeRoom {
    fn name(&self) -> &'static str {
        "realtime"
    }

    fn sections(&self) -> Vec<Section> {
        vec![ChannelSettings::section()]
    }

    fn commands(&self) -> Vec<Command> {
        vec![command::publish()]
    }

    /// Tests talk to themselves.
    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![("channels.url", "memory://")]
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let settings = boot.settings.get::<ChannelSettings>()?;
            let mut registry = Registry::default();
            for (part, slot) in boot.site.slots::<ChannelSlot>() {
                for declared in &slot.0 {
                    registry.add(declared, part.namespace())?;
                }
            }
            let layer = match boot.services.get::<Arc<dyn Layer>>() {
                Some(own) => own.clone(),
                None => open(&settings, boot)?,
            };
            if !registry.is_empty() {
                let mut routes = boot.services.get::<SuppliedRoutes>().cloned().unwrap_or_default();
                routes.get(settings.path.clone(), routing::get(endpoint::connect));
                boot.services.insert(routes);
                let mut supplied = boot.services.get::<Supplied>().cloned().unwrap_or_default();
                supplied.0.push(Folder::embedded(env!("CARGO_MANIFEST_DIR"), FILES));
                boot.services.insert(supplied);
            }
            let identify = boot.services.get::<Arc<dyn Identify>>().cloned();
            #[cfg(feature = "orm")]
            let has_live = crate::live::prepare(boot);
            #[cfg(not(feature = "orm"))]
            let has_live = false;
            let channels = Channels(Hub::new(layer, registry, identify, settings, has_live)?);
            if !channels.is_empty() {
                boot.services.insert::<Arc<dyn SessionWatch>>(Arc::new(Watch(channels.clone())));
            }
            boot.services.insert(channels);
            Ok(())
        })
    }

    fn ready<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            match services.get::<Channels>() {
                Some(Channels(hub)) => hub.start(Stopping::of(services)).await?,
                None => return Ok(()),
            }
            #[cfg(feature = "orm")]
            crate::live::follow(services)?;
            Ok(())
        })
    }

    fn stop<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            #[cfg(feature = "orm")]
            crate::live::stop(services).await;
            if let Some(Channels(hub)) = services.get::<Channels>() {
                hub.stop().await;
            }
        })
    }
}

/// Whose session has ended is disconnected.
struct Watch(Channels);

impl SessionWatch for Watch {
    fn ended<'a>(&'a self, user: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(self.0.user_changed(Some(user)))
    }
}

fn open(settings: &ChannelSettings, boot: &Boot) -> Result<Arc<dyn Layer>> {
    let retention = Retention { events: settings.history, age: settings.history_age };
    by_url(&settings.url, retention, &boot.services)
        .map_err(|error| Error::settings(format!("`url` of `[channels]`: {error}")))
}
