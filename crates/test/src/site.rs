use std::{ops::Deref, sync::Arc};

use quintet_cli::boot::{self, Running};
use quintet_core::{
    Result, Room, Services, Site,
    clock::Clock,
    command::{Captured, Console},
    settings::{Settings, Sources},
};
use quintet_web::{middleware::Gate, server::ServerSettings};

use crate::TestClient;

/// A site under test: started as `serve` would, with a database of its own, without a network.
///
/// It derefs to a [`TestClient`] that nobody has signed in with.
pub struct TestSite {
    /// The site's database, empty but for what its migrations put there.
    #[cfg(feature = "orm")]
    pub db: quintet_orm::Db,
    client: TestClient,
    services: Services,
    clock: Clock,
    written: Captured,
    running: Arc<Running>,
}

impl TestSite {
    /// Starts a site. `#[quintet::test]` does it, and stops the rooms afterwards.
    ///
    /// `quintet.toml` is read as for `serve`; `.env` and the environment are not, so that a test does not
    /// depend on the machine and never touches a real database. `debug` is off.
    ///
    /// # Errors
    /// What keeps the site from starting.
    pub async fn start(site: Site, rooms: Vec<Box<dyn Room>>) -> Result<TestSite> {
        TestSite::start_on("sqlite::memory:", true, site, rooms).await
    }

    /// Starts a site on the database with this URL, which is migrated. If it is `new`, the models of apps without any
    /// migration get their tables, too.
    ///
    /// # Errors
    /// What keeps the site from starting.
    #[cfg_attr(
        not(feature = "orm"),
        expect(unused_variables, reason = "there is no database that could be new")
    )]
    pub(crate) async fn start_on(
        url: &str,
        new: bool,
        site: Site,
        rooms: Vec<Box<dyn Room>>,
    ) -> Result<TestSite> {
        let root = boot::directory(&site)?;
        let mut given = vec![("debug", "false"), ("secret_key", "a key for tests, known to everyone")];
        if cfg!(feature = "orm") {
            given.extend([("database.url", url), ("migrations.on_start", "true")]);
        }
        // Files of a test are gone with it, and never among those of the developer's own site.
        if rooms.iter().any(|room| room.name() == "storage") {
            given.push(("storage.url", "memory://"));
        }
        let sources = Sources {
            dotenv: None,
            env: Vec::new(),
            given: given.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            ..boot::read_sources(&root)?
        };
        let settings = boot::settings(&site, &rooms, sources)?;
        let (console, written) = Console::captured();
        let clock = Clock::fixed(jiff::Timestamp::now());
        let running =
            boot::start(Arc::new(site), Arc::new(rooms), settings.clone(), console, clock.clone()).await?;
        running.ready().await?;
        let services = running.services().clone();
        #[cfg(feature = "orm")]
        if new {
            let site = services.require::<Arc<Site>>()?;
            let (graph, models) =
                (quintet_migrate::sources::load(site)?, quintet_orm::registered_models(site));
            quintet_migrate::create_unmigrated(services.require()?, &graph, &models).await?;
        }
        let gate = Gate::open(&services, &settings.get::<ServerSettings>()?, None).await?;
        let site = TestSite {
            #[cfg(feature = "orm")]
            db: services.require::<quintet_orm::Db>()?.clone(),
            client: TestClient::new(gate),
            services,
            clock,
            written,
            running: Arc::new(running),
        };
        Ok(site)
    }

    /// The started site, to be stopped when the test is over.
    #[must_use]
    pub fn running(&self) -> Arc<Running> {
        self.running.clone()
    }

    /// Runs a command as a shell would, without quotes: `site.run("migrate --plan")`. Gives what it wrote to standard
    /// output.
    ///
    /// # Errors
    /// What the command ended with; a wrong command line among them.
    pub async fn run(&self, line: &str) -> Result<String> {
        let before = self.written.text().len();
        self.running.command(line.split_whitespace().map(Into::into).collect()).await?;
        Ok(self.written.text().split_off(before))
    }

    /// Another browser, with cookies of its own.
    #[must_use]
    pub fn browser(&self) -> TestClient {
        self.client.anew()
    }

    /// The services of the running site.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The settings of the running site.
    ///
    /// # Errors
    /// Never, in a site that was started.
    pub fn settings(&self) -> Result<&Settings> {
        self.services.require()
    }

    /// The site's clock: it stands still, and can be moved.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What commands have written to standard output so far.
    #[must_use]
    pub fn written(&self) -> String {
        self.written.text()
    }

    /// Runs `work` and asserts that it takes exactly `expected` statements on the site's database. A failure
    /// lists them, with their places.
    #[cfg(feature = "orm")]
    #[track_caller]
    pub fn queries<T, F: AsyncFnOnce() -> T>(&self, expected: usize, work: F) -> impl Future<Output = T> {
        let asked = std::panic::Location::caller();
        let recording = self.db.record();
        async move {
            let result = work().await;
            let queries = recording.queries();
            if queries.len() != expected {
                let list: Vec<String> = queries
                    .iter()
                    .map(|q| format!("  {} [{}]", q.sql, q.at.map(ToString::to_string).unwrap_or_default()))
                    .collect();
                panic!("{asked}: expected {expected} queries, got {}:\n{}", queries.len(), list.join("\n"));
            }
            result
        }
    }
}

impl Deref for TestSite {
    type Target = TestClient;

    fn deref(&self) -> &TestClient {
        &self.client
    }
}
