use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, Result, Room, Services,
    check::Check,
    debug::DebugPanels,
    template::{FragmentCache, Renderer, Supplied},
};

use crate::{FragmentMemory, check, engine::Engine, told};

/// The room of templates: it puts the site's renderer among the services and checks all templates.
///
/// Services: `Arc<dyn Renderer>`, `Arc<Engine>`, and `Arc<dyn FragmentCache>` where no other room brought one.
#[derive(Debug, Clone, Copy, Default)]
pub struct TemplatesRoom;

impl Room for TemplatesRoom {
    fn name(&self) -> &'static str {
        "templates"
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let engine = Arc::new(match boot.services.get::<Supplied>() {
                Some(supplied) => Engine::with(&boot.site, supplied),
                None => Engine::new(&boot.site),
            });
            boot.services.insert::<Arc<dyn Renderer>>(engine.clone());
            boot.services.insert(engine);
            if boot.services.get::<Arc<dyn FragmentCache>>().is_none() {
                boot.services.insert::<Arc<dyn FragmentCache>>(Arc::new(FragmentMemory::default()));
            }
            let mut panels = boot.services.get::<DebugPanels>().cloned().unwrap_or_default();
            panels.0.push(Arc::new(told::Rendered));
            boot.services.insert(panels);
            Ok(())
        })
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(
            async move { services.get::<Arc<Engine>>().map(|e| check::run(e, services)).unwrap_or_default() },
        )
    }
}
