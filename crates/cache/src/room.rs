use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, Error, Result, Room, Services, ServicesBuilder,
    clock::Clock,
    command::Command,
    kept::KeptBytes,
    rate::SharedRates,
    settings::{Section, SettingsSection},
    template::FragmentCache,
};

use crate::{
    Backend, Cache, CacheOptions, CacheSettings,
    cache::DEFAULT,
    command,
    fragments::Fragments,
    key,
    pages::Pages,
    settings::{self, AllCaches, Around, RatesSettings},
};

/// The room of caches: the sections `[cache]`, `[cache.NAME]` and `[rates]`, the service [`Cache`], the command `cache`.
#[derive(Debug, Clone, Copy, Default)]
pub struct CacheRoom;

impl Room for CacheRoom {
    fn name(&self) -> &'static str {
        "cache"
    }

    fn sections(&self) -> Vec<Section> {
        vec![CacheSettings::section(), AllCaches::section(), settings::named(), RatesSettings::section()]
    }

    fn commands(&self) -> Vec<Command> {
        vec![command::command()]
    }

    /// A test has a cache of its own, and never the one of the developer's site.
    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![("cache.url", "memory://"), ("cache.named_in_memory", "true"), ("rates.url", "memory://")]
    }

    /// What the first start has cached, the second finds, where their settings are the same.
    fn share(&self, first: &Services, second: &mut ServicesBuilder) {
        if let Some(opened) = first.get::<Opened>() {
            second.insert(opened.clone());
        }
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            // A test kit, or the program, may have put its own there already.
            let cache = match boot.services.get::<Cache>() {
                Some(cache) => cache.clone(),
                None => open_all(boot)?,
            };
            let all = boot.settings.get::<AllCaches>()?;
            let of = |key: &str, name: &str| {
                cache.named(name).map_err(|error| Error::settings(format!("`{key}` of `[cache]`: {error}")))
            };
            let (pages, fragments) = (of("pages", &all.pages)?, of("fragments", &all.fragments)?);
            boot.services.insert::<Arc<dyn KeptBytes>>(Arc::new(Pages(pages)));
            boot.services.insert::<Arc<dyn FragmentCache>>(Arc::new(Fragments(fragments)));
            boot.services.insert(cache);
            if let Some(rates) = rates(boot)? {
                boot.services.insert(rates);
            }
            Ok(())
        })
    }
}

/// Opens the caches of the settings. Those that a first start of the site has opened at the same places are taken over.
fn open_all(boot: &mut Boot) -> Result<Cache> {
    let clock = boot.services.get::<Clock>().cloned().unwrap_or_default();
    let section = boot.settings.get::<CacheSettings>()?;
    let named = boot.settings.each::<CacheSettings>(&settings::named())?;
    if named.contains_key(DEFAULT) {
        return Err(Error::settings(format!(
            "`[cache.{DEFAULT}]`: `{DEFAULT}` is the cache of the section `[cache]`; give this one another name"
        )));
    }
    let in_memory = boot.settings.get::<AllCaches>()?.named_in_memory;
    let named = named.into_iter().map(|(name, mut section)| {
        if in_memory && !section.url.starts_with("dummy:") {
            section.url = "memory://".to_owned();
        }
        (name, section)
    });
    let earlier = boot.services.get::<Opened>().cloned().unwrap_or_default();
    let around = Around { root: boot.settings.root(), clock: &clock, services: &boot.services };
    let mut opened: Vec<OpenedOne> = Vec::new();
    for (name, section) in std::iter::once((DEFAULT.to_owned(), section)).chain(named) {
        let options = section.options(&name, &clock)?;
        clash(&opened, &name, &section, &options)?;
        let known = earlier.0.iter().find(|one| one.name == name && one.section.url == section.url);
        let backend = match known {
            Some(one) => one.backend.clone(),
            None => section.open(&name, &around)?,
        };
        opened.push(OpenedOne { name, section, options, backend });
    }
    let all = opened.iter().map(|one| (one.name.clone(), one.backend.clone(), one.options.clone()));
    let cache = Cache::of_all(all);
    boot.services.insert(Opened(opened.into()));
    Ok(cache)
}

/// Where rates are counted, if not in memory.
fn rates(boot: &Boot) -> Result<Option<SharedRates>> {
    let RatesSettings { url, prefix, timeout } = boot.settings.get()?;
    let wrong = |why: &str| Error::settings(format!("`url` of `[rates]` {why}"));
    let url = match url.split_once("://") {
        Some(("memory", _)) => return Ok(None),
        Some(("redis" | "unix", _)) => url,
        Some(("cache", "")) => boot.settings.get::<CacheSettings>()?.url,
        Some(("cache", name)) => {
            let named = boot.settings.each::<CacheSettings>(&settings::named())?;
            let cache = named.get(name).ok_or_else(|| {
                wrong(&format!("names the cache `{name}`, and there is no `[cache.{name}]`"))
            })?;
            cache.url.clone()
        }
        _ => {
            return Err(wrong(
                "is none of `memory://`, `redis://host:6379/0`, `cache://` and `cache://NAME`",
            ));
        }
    };
    if !url.starts_with("redis://") && !url.starts_with("unix://") {
        return Err(wrong("names a cache that is no Redis: give it an address, `redis://host:6379/0`"));
    }
    key::check_prefix(&prefix)
        .map_err(|why| Error::settings(format!("`prefix` of `[rates]` is `{prefix}`: it {why}")))?;
    in_redis(&url, &prefix, timeout).map(Some)
}

#[cfg(feature = "redis")]
fn in_redis(url: &str, prefix: &str, timeout: std::time::Duration) -> Result<SharedRates> {
    let redis = crate::RedisCache::new(url, timeout)?;
    Ok(SharedRates(Arc::new(crate::RedisRates::new(Arc::new(redis), prefix))))
}

#[cfg(not(feature = "redis"))]
fn in_redis(_: &str, _: &str, _: std::time::Duration) -> Result<SharedRates> {
    Err(Error::settings(
        "`url` of `[rates]` is a Redis, which this build lacks: add the feature `redis` of `quintet`",
    ))
}

/// The caches of a site with what they were opened by.
#[derive(Clone)]
struct Opened(Arc<[OpenedOne]>);

impl Default for Opened {
    fn default() -> Self {
        Opened(Arc::new([]))
    }
}

struct OpenedOne {
    name: String,
    section: CacheSettings,
    options: CacheOptions,
    backend: Arc<dyn Backend>,
}

/// Two caches at one place under one prefix would be one.
fn clash(opened: &[OpenedOne], name: &str, section: &CacheSettings, options: &CacheOptions) -> Result {
    let own = section.url.starts_with("memory:") || section.url.starts_with("dummy:");
    match opened.iter().find(|one| one.section.url == section.url && one.options.prefix == options.prefix) {
        Some(other) if !own => Err(Error::settings(format!(
            "the caches `{}` and `{name}` have the same `url` and the same `prefix`, so each would find what the other keeps: \
             give one of them another `prefix`",
            other.name
        ))),
        _ => Ok(()),
    }
}
