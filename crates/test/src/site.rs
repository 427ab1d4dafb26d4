#[cfg(feature = "orm")]
use std::collections::BTreeMap;
use std::{ops::Deref, sync::Arc};

use quintet_cli::boot::{self, Running};
use quintet_core::{
    Error, Result, Room, Services, ServicesBuilder, Site,
    clock::Clock,
    command::{Captured, Console},
    settings::{Settings, Sources},
};
use quintet_web::{middleware::Gate, server::ServerSettings};

use crate::{
    LiveSite, TestClient,
    database::{Urls, names},
    words,
};

/// A site under test: started as `serve` would, with a database of its own, without a network.
///
/// It derefs to a [`TestClient`] that nobody has signed in with.
pub struct TestSite {
    /// The site's database, empty but for what its migrations put there.
    #[cfg(feature = "orm")]
    pub db: quintet_orm::Db,
    /// All of the site's databases by name: `default`, and those of `[databases.NAME]`. Each is one of the test's own.
    #[cfg(feature = "orm")]
    pub databases: BTreeMap<String, quintet_orm::Db>,
    client: TestClient,
    services: Services,
    clock: Clock,
    written: Captured,
    running: Arc<Running>,
    declared: Declared,
    /// Does tokio's clock stand still?
    pub(crate) paused: bool,
}

/// What a site is started from, and can be started from again.
#[derive(Clone)]
struct Declared {
    site: Arc<Site>,
    rooms: Arc<Vec<Box<dyn Room>>>,
    /// The settings of the test.
    given: Vec<(String, String)>,
}

impl Declared {
    /// `quintet.toml`, what the rooms want in tests, and above all what the test says.
    fn settings(&self) -> Result<Settings> {
        let root = boot::directory(&self.site)?;
        let fixed = [("debug", "false"), ("secret_key", "a key for tests, known to everyone")];
        let of_rooms = self.rooms.iter().flat_map(|room| room.in_tests());
        let mut given: Vec<(String, String)> = Vec::new();
        let all = fixed.into_iter().chain(of_rooms).map(|(key, value)| (key.to_owned(), value.to_owned()));
        for (key, value) in all.chain(self.given.iter().cloned()) {
            given.retain(|(known, _)| *known != key);
            given.push((key, value));
        }
        let sources = Sources { dotenv: None, env: Vec::new(), given, ..boot::read_sources(&root)? };
        boot::settings(&self.site, &self.rooms, sources)
    }

    async fn start(
        &self,
        services: ServicesBuilder,
        settings: &Settings,
        console: Console,
        clock: Clock,
    ) -> Result<Running> {
        let (site, rooms) = (self.site.clone(), self.rooms.clone());
        let running = boot::start_with(services, site, rooms, settings.clone(), console, clock).await?;
        running.ready().await?;
        Ok(running)
    }
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
        let urls = Urls::in_memory(&names(&site)?);
        TestSite::start_on(&urls, true, site, rooms, &[]).await
    }

    /// Starts a site on the databases with these URLs, which are migrated. If they are `new`, the models of apps without any
    /// migration get their tables, too.
    ///
    /// # Errors
    /// What keeps the site from starting.
    #[cfg_attr(
        not(feature = "orm"),
        expect(unused_variables, reason = "there is no database that could be new")
    )]
    pub(crate) async fn start_on(
        urls: &Urls,
        new: bool,
        mut site: Site,
        mut rooms: Vec<Box<dyn Room>>,
        settings: &[(&str, &str)],
    ) -> Result<TestSite> {
        rooms.extend(site.take_rooms());
        let mut given = Vec::new();
        if cfg!(feature = "orm") {
            given.extend(urls.settings());
        }
        given.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let declared = Declared { site: Arc::new(site), rooms: Arc::new(rooms), given };
        let settings = declared.settings()?;
        let (console, written) = Console::captured();
        let clock = Clock::fixed(jiff::Timestamp::now());
        let running = declared.start(Services::builder(), &settings, console, clock.clone()).await?;
        #[cfg(feature = "orm")]
        if new {
            let site = &declared.site;
            let (graph, models) =
                (quintet_migrate::sources::load(site)?, quintet_orm::registered_models(site));
            let db = running.services().require::<quintet_orm::Db>()?;
            for db in databases(db)?.values() {
                match db.is_migrated() {
                    true => quintet_migrate::create_unmigrated(db, &graph, &models).await?,
                    // Here nobody else makes them.
                    false => quintet_migrate::create_tables(db, &models).await?,
                }
            }
        }
        TestSite::of(declared, running, clock, written).await
    }

    async fn of(declared: Declared, running: Running, clock: Clock, written: Captured) -> Result<TestSite> {
        let services = running.services().clone();
        let gate = Gate::open(&services, &running.settings().get::<ServerSettings>()?, None).await?;
        Ok(TestSite {
            #[cfg(feature = "orm")]
            db: services.require::<quintet_orm::Db>()?.clone(),
            #[cfg(feature = "orm")]
            databases: databases(services.require()?)?,
            client: TestClient::new(gate, services.clone()),
            services,
            clock,
            written,
            running: Arc::new(running),
            declared,
            paused: false,
        })
    }

    /// Runs `work` with the same site, started a second time with other settings on the same database: pairs of
    /// `section.key` (`debug` at the top) and the text that a variable of the environment would have. Clock and console are
    /// those of the first.
    ///
    /// ```no_run
    /// # async fn show(site: quintet_test::TestSite) -> quintet_core::Result {
    /// site.with_settings(&[("cinema.per_page", "5")], async |site| {
    ///     site.get("/films/").await.contains_times(5, "<li>");
    /// })
    /// .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// For a whole test: `#[quintet::test(cinema::site, settings = { "cinema.per_page" = 5 })]`.
    ///
    /// # Errors
    /// If there is no such setting, the value does not fit, or the site can't start with it.
    pub async fn with_settings<T>(
        &self,
        settings: &[(&str, &str)],
        work: impl AsyncFnOnce(&TestSite) -> T,
    ) -> Result<T> {
        let mut declared = self.declared.clone();
        let is_url =
            |key: &str| key == "database.url" || key.starts_with("databases.") && key.ends_with(".url");
        if let Some((key, _)) = settings.iter().find(|(key, _)| is_url(key)) {
            let why = format!("`{key}` can't be another one here: the site keeps the test's databases");
            return Err(Error::settings(why));
        }
        let more = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        declared.given.extend(more);
        let settings = declared.settings()?;
        let mut services = Services::builder();
        for room in self.declared.rooms.iter() {
            room.share(&self.services, &mut services);
        }
        let console = Console::new(self.written.clone());
        let running = declared.start(services, &settings, console, self.clock.clone()).await?;
        let mut site = TestSite::of(declared, running, self.clock.clone(), self.written.clone()).await?;
        site.paused = self.paused;
        let done = site.services.clone().scope(work(&site)).await;
        site.running.stop().await;
        // The second site's receivers go with it.
        #[cfg(feature = "orm")]
        if let Some(signals) = self.services.get::<quintet_core::signal::Signals>() {
            for db in self.databases.values() {
                db.listen(signals.clone(), &self.services);
            }
        }
        Ok(done)
    }

    /// Serves the site on a free port of this machine until the answer is dropped: for browsers and HTTP clients.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn live(&self) -> LiveSite {
        match LiveSite::start(&self.services).await {
            Ok(live) => live,
            Err(error) => panic!("the site can't be served: {error:?}"),
        }
    }

    /// The started site, to be stopped when the test is over.
    #[must_use]
    pub fn running(&self) -> Arc<Running> {
        self.running.clone()
    }

    /// Runs a command as a shell would: `site.run("migrate --plan")`; quotes keep words together. Gives what it wrote to
    /// standard output.
    ///
    /// # Errors
    /// What the command ended with; a wrong command line among them.
    pub async fn run(&self, line: &str) -> Result<String> {
        let before = self.written.text().len();
        let Some(words) = words::split(line) else {
            return Err(Error::bad_request(format!("a quote in `{line}` has no end")));
        };
        self.running.command(words.into_iter().map(Into::into).collect()).await?;
        Ok(self.written.text().split_off(before))
    }

    /// [`run`](Self::run) with a person at the terminal, who answers the command's questions in this order.
    ///
    /// # Errors
    /// What the command ended with.
    ///
    /// # Panics
    /// If it asked less than is answered.
    #[track_caller]
    pub fn run_answering<'a, A: Into<String>>(
        &'a self,
        line: &'a str,
        answers: impl IntoIterator<Item = A>,
    ) -> impl Future<Output = Result<String>> {
        let at = std::panic::Location::caller();
        self.written.answer(answers);
        async move {
            let outcome = self.run(line).await;
            let unasked = self.written.unasked();
            assert!(unasked.is_empty(), "{at}: `{line}` did not ask for {unasked:?}");
            outcome
        }
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

    /// What commands have written to standard error so far: warnings, questions and their answers.
    #[must_use]
    pub fn warned(&self) -> String {
        self.written.errors()
    }
}

/// The databases that a handle leads to, by name.
#[cfg(feature = "orm")]
fn databases(db: &quintet_orm::Db) -> Result<BTreeMap<String, quintet_orm::Db>> {
    db.names().into_iter().map(|name| Ok((name.to_owned(), db.using(name)?))).collect()
}

impl Deref for TestSite {
    type Target = TestClient;

    fn deref(&self) -> &TestClient {
        &self.client
    }
}
