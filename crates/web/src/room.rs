use std::sync::Arc;

#[cfg(feature = "static")]
use quintet_core::template::{Assets, Supplied};
use quintet_core::{
    Boot, BoxFuture, Result, Room, Services,
    check::Check,
    command::Command,
    kept::KeptBytes,
    rate::SharedRates,
    settings::{Section, SettingsSection},
    template::Reverse,
};

#[cfg(feature = "static")]
use crate::statics::{self, StaticSettings, Statics};
use crate::{
    around::Providers,
    background::Background,
    cached::Answers,
    cors::CorsSettings,
    dispatch, embedded, overview,
    rate::{MemoryRates, RateStore},
    routing::{Routes, SuppliedRoutes, WebSlot},
    security::{self, HeaderSettings, Security, SecuritySettings},
    server::{ServerSettings, serve_command},
    service,
    session::{self, SessionSettings},
    stopping::Stopping,
    unlisted,
    upload::UploadSettings,
    url,
};

/// The web room: routes, and the server that answers them.
///
/// Into the services of a starting site it puts each value of `.with(..)`, an `axum::Router`, `Arc<Routes>` and the
/// same as `Arc<dyn Reverse>`, and the static files as `Arc<Statics>` and `Arc<dyn Assets>`.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebRoom;

impl Room for WebRoom {
    fn name(&self) -> &'static str {
        "web"
    }

    fn sections(&self) -> Vec<Section> {
        vec![
            ServerSettings::section(),
            UploadSettings::section(),
            SecuritySettings::section(),
            HeaderSettings::section(),
            CorsSettings::section(),
            SessionSettings::section(),
            #[cfg(feature = "dev")]
            crate::toolbar::ToolbarSettings::section(),
            #[cfg(feature = "static")]
            StaticSettings::section(),
            #[cfg(feature = "static")]
            statics::ViteSettings::section(),
        ]
    }

    fn commands(&self) -> Vec<Command> {
        vec![
            serve_command(),
            overview::command(),
            session::clear_sessions(),
            #[cfg(feature = "static")]
            statics::command(),
        ]
    }

    /// Tests ask over http, unless they say otherwise.
    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![("security.https_redirect", "false")]
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move { start(boot) })
    }

    fn deploy_checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move { security::deploy_checks(services) })
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move {
            let unmet = service::unmet(services).into_iter().map(|error| {
                let place = error.place().map(ToString::to_string).unwrap_or_default();
                Check::error("web.E001", error.to_string()).about(place)
            });
            let mut found: Vec<Check> = unmet.chain(embedded::checks(services)).collect();
            #[cfg(feature = "static")]
            found.extend(statics::checks(services));
            found.extend(security::checks(services));
            found.extend(unlisted::checks(services));
            found
        })
    }
}

fn start(boot: &mut Boot) -> Result {
    let site = boot.site.clone();
    if let Some(providers) = Providers::of(site.slots::<WebSlot>().flat_map(|(_, slot)| &slot.around)) {
        boot.services.insert(Arc::new(providers));
    }
    boot.services.insert(Arc::new(Security::new(&boot.settings)?));
    boot.services.insert(Arc::new(boot.settings.get::<SessionSettings>()?));
    if boot.services.get::<RateStore>().is_none() {
        let shared = boot.services.get::<SharedRates>().map(|shared| shared.0.clone());
        let store = shared.unwrap_or_else(|| Arc::new(MemoryRates::default()));
        boot.services.insert(RateStore(store));
    }
    session::choose(&mut boot.services, &boot.settings)?;
    let (routes, router) = dispatch::build(&site, boot.services.get::<SuppliedRoutes>())?;
    let routes = Arc::new(routes);
    url::remember(&routes);
    if boot.services.get::<Background>().is_none() {
        boot.services.insert(Background::default());
    }
    boot.services.insert(Stopping::default());
    if let Some(store) = boot.services.get::<Arc<dyn KeptBytes>>().cloned() {
        boot.services.insert(Arc::new(Answers::new(store)));
    }
    boot.services.insert::<Arc<dyn Reverse>>(routes.clone());
    boot.services.insert::<Arc<Routes>>(routes);
    #[cfg(feature = "static")]
    {
        let supplied = boot.services.get::<Supplied>().cloned().unwrap_or_default();
        let statics = Arc::new(Statics::new(&site, &boot.settings, &supplied)?);
        boot.services.insert::<Arc<dyn Assets>>(statics.clone());
        boot.services.insert::<Arc<Statics>>(statics);
    }
    boot.services.insert::<axum::Router>(router);
    Ok(())
}
