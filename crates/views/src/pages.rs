//! Which pages a model has.

use std::{borrow::Cow, fmt, panic::Location, sync::Arc};

use quintet_core::{App, Site, TemplateValue};
use quintet_orm::{
    Fill, Model, QuerySet, Shape, Table,
    expr::{Col, ColumnNames},
    query::Selection,
};
use quintet_web::{Data, Provide, RouteGuard, Routing, Url, axum::routing::MethodRouter, messages::Message};

use crate::{
    delete, edit,
    guard::all,
    hook::Hook,
    list,
    names::{kept, parameters, snake},
    show,
    what::{One, Own, Rows, What},
};

/// The pages of a model: a list, the page of a row, forms that make and change rows, and a page that deletes one. Each is there if
/// its method is called.
///
/// ```text
/// let pages = Pages::new(Director)
///     .search(Director.name)
///     .order((Director.name, Director.id))
///     .list::<DirectorName>("directors.html")               // /directors/            director_list
///     .create::<DirectorInput>("director_form.html")        // /directors/new/        director_create
///     .detail::<DirectorName>("director.html")              // /directors/{id}/       director_detail
///     .update::<DirectorInput>("director_form.html")        // /directors/{id}/edit/  director_update
///     .delete("director_delete.html");                      // /directors/{id}/delete/
/// let app = App::new("docs").models(Director).pages("/directors", pages);
/// ```
///
/// The guide's page on generic pages has the whole example.
///
/// Templates find the row as `director`, the rows of a list as `directors` (a [`PageOf`](quintet_orm::PageOf)), a form as
/// `form`; [`named`](Pages::named) calls them something else. Nobody is kept out: what only some may do needs a
/// [`guard`](Pages::guard).
#[must_use = "pages are there once an app has them: `.pages(\"/films\", pages)`"]
pub struct Pages<M: Model> {
    pub(crate) what: What<M>,
    entries: Vec<Entry<M>>,
    /// Before all pages.
    guards: Vec<Arc<dyn RouteGuard>>,
}

/// Makes a page of what is said of it, and of all pages of the model.
type Make<M> = dyn FnOnce(Arc<One<M>>) -> MethodRouter;

struct Entry<M: Model> {
    name: &'static str,
    path: &'static str,
    at: &'static Location<'static>,
    /// Before this page.
    guards: Vec<Arc<dyn RouteGuard>>,
    own: Own<M>,
    make: Box<Make<M>>,
}

impl<M: Model> Pages<M> {
    /// Pages of all rows that the model's default scope lets through: `Pages::new(Film)`.
    pub fn new(table: Table<M>) -> Self {
        Pages::of(table.query())
    }

    /// Pages of these rows only: `Pages::of(Film.filter(Film.hidden.eq(false)))`. Of others there is no page, not even to
    /// delete them.
    pub fn of(query: QuerySet<M>) -> Self {
        let meta = M::meta();
        let what = What {
            query,
            rows: Vec::new(),
            field: None,
            parameter: "id",
            above: Vec::new(),
            one: kept(&snake(meta.name)),
            many: kept(&meta.verbose_name_plural.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "_")),
            filter: Vec::new(),
            search: Vec::new(),
            order: Vec::new(),
            per_page: 25,
            most_per_page: 0,
            by_key: false,
            version: None,
            own: Own::default(),
            has_list: false,
            has_detail: false,
        };
        Pages { what, entries: Vec::new(), guards: Vec::new() }
    }

    /// What templates call a row and the rows; the first begins the routes' names. Else it is the model's name (`film_club`) and
    /// its plural.
    pub fn named(mut self, one: &str, many: &str) -> Self {
        (self.what.one, self.what.many) = (kept(one), kept(many));
        self
    }

    /// Columns that the address of the list may filter by: `?director=3&released__year=1979`, with the lookups of access by name.
    pub fn filter(mut self, columns: impl ColumnNames<M>) -> Self {
        self.what.filter.extend(columns.names());
        self
    }

    /// Columns of text that `?q=` looks in: each word must be in one of them.
    pub fn search(mut self, columns: impl ColumnNames<M>) -> Self {
        self.what.search.extend(columns.names());
        self
    }

    /// Columns that `?order=-released,title` may order by. Without it the query's own order holds, else the model's.
    pub fn order(mut self, columns: impl ColumnNames<M>) -> Self {
        self.what.order.extend(columns.names());
        self
    }

    /// Rows on a page of the list: 25, unless this says otherwise.
    pub fn per_page(mut self, rows: u64) -> Self {
        self.what.per_page = rows.max(1);
        self
    }

    /// Lets the address choose how many rows a page has, `?per_page=100`, up to this many.
    pub fn most_per_page(mut self, rows: u64) -> Self {
        self.what.most_per_page = rows;
        self
    }

    /// Pages of the list go on after a row, `?after=`, or before one, `?before=`, instead of being counted: what is added
    /// meanwhile moves no row onto two pages, and the last page costs what the first does. For lists that are long, change
    /// quickly or are shown without an end.
    ///
    /// Templates find a [`Stretch`](quintet_orm::Stretch) instead of a [`PageOf`](quintet_orm::PageOf).
    pub fn by_key(mut self) -> Self {
        self.what.by_key = true;
        self
    }

    /// The rows of a request: an async function takes the query and what handlers take, and gives the query as it is for this request.
    /// It holds for all pages, wherever it stands: what is not among these rows has no page, no form and no deletion, but 404.
    ///
    /// ```text
    /// Pages::new(Note).rows(async |notes: QuerySet<Note>, user: User| Ok(notes.filter(Note.owner.eq(&user))))
    /// ```
    ///
    /// Said again, it narrows what is left.
    pub fn rows<A, F>(mut self, rows: F) -> Self
    where
        A: 'static,
        F: Hook<(QuerySet<M>,), A, QuerySet<M>>,
    {
        let rows = Arc::new(rows);
        let narrow: Arc<Rows<M>> = Arc::new(move |query, parts| {
            let rows = rows.clone();
            Box::pin(async move {
                let taken = F::take(parts).await?;
                Ok(rows.call((query,), taken).await?)
            })
        });
        self.what.rows.push(narrow);
        self
    }

    /// Addresses say this column of a row instead of its key: `.found_by(Film.slug)` has `/films/alien/`, in templates
    /// `url("film_detail", slug=film.slug)`. No two of the rows may have the same value: of several none is shown (500).
    ///
    /// A row whose value is `new` is behind the page that makes rows.
    pub fn found_by<V>(mut self, column: Col<M, V>) -> Self {
        let name = column.names().pop().unwrap_or_default();
        if let Some((index, field)) = M::meta().field(&name) {
            (self.what.field, self.what.parameter) = (Some(index), field.name);
        }
        self
    }

    /// One more value for the template, made by an async function that takes what handlers take, but for the body:
    /// `.context("genres", async |db: Db| Genre.query().all(&db).await)`.
    ///
    /// It is of the page that was named last; said before any page, of all. Behind a page of a row it is made once the row is
    /// found: `Path(id): Path<i64>` says which.
    pub fn context<A, F>(mut self, name: impl Into<Cow<'static, str>>, make: F) -> Self
    where
        A: 'static,
        F: Provide<A>,
    {
        let own = self.entries.last_mut().map_or(&mut self.what.own, |entry| &mut entry.own);
        own.values.push((name.into(), Arc::new(move |parts| make.clone().provide(parts))));
        self
    }

    /// Has the page of a row ask for these columns first, and do no more where the client has that very page: 304. A column that each change
    /// raises (`#[field(version)]`), the instant of the last change, or several: `.known_by((Film.version, Film.reviews.count()))`.
    ///
    /// They have to tell of all that the page shows and that is in the database. That another one asks, by their cookies, and that the
    /// program has been built again is seen by itself. While the site is in `debug`, nothing is left out.
    pub fn known_by<V>(mut self, columns: V) -> Self
    where
        V: Selection<M, Out: TemplateValue> + Clone + Send + Sync + 'static,
    {
        self.what.version = Some(Arc::new(move |row, db| {
            let version = row.select(columns.clone());
            Box::pin(async move { Ok(version.one(&db).await?.to_value()) })
        }));
        self
    }

    /// Where a form leads to: behind a page that makes, changes or deletes rows, from this page on, with the row as it was saved, or
    /// was; anywhere else, from all pages that make and change rows and don't say it themselves. Without this it is the row's page,
    /// if there is one, or the list; after a deletion always the list.
    pub fn then<U: Into<Url>>(mut self, to: impl Fn(&M) -> U + Send + Sync + 'static) -> Self {
        self.saving().then = Some(Arc::new(move |row| to(row).into()));
        self
    }

    /// A message for the page that a form leads to: `.flash(|film: &Film| Message::success(format!("{} was saved.", film.title)))`. It
    /// belongs to the page before it, or to all that make and change rows, as with [`then`](Self::then).
    pub fn flash<T: Into<Message>>(mut self, say: impl Fn(&M) -> T + Send + Sync + 'static) -> Self {
        self.saving().flash = Some(Arc::new(move |row| say(row).into()));
        self
    }

    /// The page before, if it saves something; else all of them.
    fn saving(&mut self) -> &mut Own<M> {
        let last = self.entries.last_mut().filter(|entry| !matches!(entry.name, "list" | "detail"));
        last.map_or(&mut self.what.own, |entry| &mut entry.own)
    }

    /// The list, at `/`: a page of rows in this shape. The address may ask for a `page` (or `after` and `before`), `q`, `order` and filters; templates
    /// find what was asked as `q`, `order`, `filters` beside the rows, and as `next` and `previous` the addresses of the pages
    /// around this one, where there are any.
    #[track_caller]
    pub fn list<S>(mut self, template: &'static str) -> Self
    where
        S: Shape<Model = M> + TemplateValue + Sync,
    {
        self.what.has_list = true;
        self.add("list", "/", move |one| list::handler::<M, S>(one, template))
    }

    /// The page of a row, at `/{id}/`, in this shape.
    #[track_caller]
    pub fn detail<S>(mut self, template: &'static str) -> Self
    where
        S: Shape<Model = M> + TemplateValue + Sync,
    {
        self.what.has_detail = true;
        self.add("detail", "/{id}/", move |one| show::handler::<M, S>(one, template))
    }

    /// A form that makes a row, at `/new/`. The data must give every field that a new row needs, which the compiler sees to.
    /// Files that came with it are stored.
    #[track_caller]
    pub fn create<T>(self, template: &'static str) -> Self
    where
        T: Data + Fill<M>,
    {
        self.add("create", "/new/", move |one| edit::create::<M, T>(one, template))
    }

    /// The same, done by a function of your own: it takes the data and what handlers take, but for the body, and gives the row.
    ///
    /// ```text
    /// .create_by("note_form.html", async |new: NoteInput, user: User, db: Db| create!(Note { owner: &user, ..new }).insert(&db).await)
    /// ```
    ///
    /// All that it does with the `Db` it takes is one transaction. An error about fields, of a value that is taken or of a row that is
    /// in the way is told in the form; every error undoes all. Files have to be stored there, by `FileChange::store`.
    #[track_caller]
    pub fn create_by<T, A, F>(self, template: &'static str, make: F) -> Self
    where
        T: Data,
        A: 'static,
        F: Hook<(T,), A, M>,
    {
        self.add("create", "/new/", move |one| edit::create_by::<M, T, A, F>(one, template, Arc::new(make)))
    }

    /// A form that changes a row, at `/{id}/edit/`: it shows the row's values, and saves those that were changed. Files that came with
    /// it take the place of those that the row had.
    #[track_caller]
    pub fn update<T>(self, template: &'static str) -> Self
    where
        M: TemplateValue,
        T: Data + Fill<M>,
    {
        self.add("update", "/{id}/edit/", move |one| edit::update::<M, T>(one, template))
    }

    /// The same, done by a function of your own, in one transaction as with [`create_by`](Self::create_by): it takes the row, the data
    /// and what handlers take, and gives the row as it is then.
    ///
    /// ```text
    /// .update_by("note_form.html", async |note: Note, new: NoteInput, user: User, db: Db| {
    ///     let mut note = note.edit();
    ///     new.apply(&mut note)?;
    ///     note.changed_by = (&user).into();
    ///     note.save(&db).await
    /// })
    /// ```
    #[track_caller]
    pub fn update_by<T, A, F>(self, template: &'static str, change: F) -> Self
    where
        M: TemplateValue,
        T: Data + Fill<M>,
        A: 'static,
        F: Hook<(M, T), A, M>,
    {
        self.add("update", "/{id}/edit/", move |one| {
            edit::update_by::<M, T, A, F>(one, template, Arc::new(change))
        })
    }

    /// A page that asks whether a row shall be deleted, at `/{id}/delete/`, and deletes it. If other rows are in the way, it
    /// says so as `error`, with status 409.
    #[track_caller]
    pub fn delete(self, template: &'static str) -> Self
    where
        M: TemplateValue,
    {
        self.add("delete", "/{id}/delete/", move |one| delete::handler(one, template))
    }

    /// The same, done by a function of your own, in one transaction: it takes the row and what handlers take. An error of status
    /// 409 or 422 is shown on the page as `error`, and undoes all.
    ///
    /// ```text
    /// .delete_by("note_delete.html", async |note: Note, db: Db| {
    ///     Note.filter(Note.id.eq(note.id)).update(Note.deleted.set(true)).exec(&db).await.map(drop)
    /// })
    /// ```
    #[track_caller]
    pub fn delete_by<A, F>(self, template: &'static str, delete: F) -> Self
    where
        M: TemplateValue,
        A: 'static,
        F: Hook<(M,), A, ()>,
    {
        self.add("delete", "/{id}/delete/", move |one| delete::by::<M, A, F>(one, template, Arc::new(delete)))
    }

    /// Says who may come to the page that was named last; before any page, who may come to all of them.
    ///
    /// ```text
    /// Pages::new(Film)
    ///     .guard(login())                                       // all of them
    ///     .list::<FilmCard>("films.html")
    ///     .create::<FilmInput>("film_form.html")
    ///     .guard(can::add(Film))                                // /films/new/, both to show it and to send it
    ///     .update::<FilmInput>("film_form.html")
    ///     .guard(can::own(Film.owner) | staff())                // whose row it is
    /// ```
    ///
    /// Of several guards each must let a request pass. They are asked before anything of the page is done.
    pub fn guard(mut self, guard: impl RouteGuard) -> Self {
        let of_page = self.entries.last_mut().map(|entry| &mut entry.guards);
        of_page.unwrap_or(&mut self.guards).push(Arc::new(guard));
        self
    }

    #[track_caller]
    fn add(
        mut self,
        name: &'static str,
        path: &'static str,
        make: impl FnOnce(Arc<One<M>>) -> MethodRouter + 'static,
    ) -> Self {
        let (guards, own) = (Vec::new(), Own::default());
        self.entries.push(Entry { name, path, at: Location::caller(), guards, own, make: Box::new(make) });
        self
    }
}

impl<M: Model> fmt::Debug for Pages<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages of {}:", M::meta().name)?;
        self.entries.iter().try_for_each(|entry| write!(f, " {}", entry.name))
    }
}

/// `.pages(..)` on apps and sites.
pub trait Views: Routing {
    /// Puts the pages of a model below a path: `.pages("/films", Pages::new(Film).list::<FilmCard>("films.html"))`.
    ///
    /// The routes are called `film_list`, `film_detail`, `film_create`, `film_update`, `film_delete`.
    #[must_use]
    fn pages<M: Model>(mut self, prefix: &str, mut pages: Pages<M>) -> Self {
        pages.what.above = parameters(prefix);
        let what = Arc::new(pages.what);
        let prefix = prefix.trim_end_matches('/');
        for entry in pages.entries {
            let name = kept(&format!("{}_{}", what.one, entry.name));
            let path = entry.path.replace("{id}", &format!("{{{}}}", what.parameter));
            let guard = all(pages.guards.iter().cloned().chain(entry.guards));
            let page = Arc::new(One { name, what: what.clone(), own: entry.own });
            let path = format!("{prefix}{path}");
            self = self.route_guarded_at(name, &path, (entry.make)(page), guard, entry.at);
        }
        self
    }
}

impl Views for App {}
impl Views for Site {}
