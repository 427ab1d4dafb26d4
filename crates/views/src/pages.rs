//! Which pages a model has.

use std::{fmt, panic::Location, sync::Arc};

use quintet_core::{App, Site, TemplateValue};
use quintet_orm::{Db, Fill, Model, QuerySet, Shape, Table, expr::ColumnNames};
use quintet_web::{Data, RouteGuard, Routing, Url, axum::routing::MethodRouter};

use crate::{
    delete, edit,
    guard::all,
    list,
    names::{kept, snake},
    show,
    what::What,
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

/// Makes a page of what all pages of the model share.
type Make<M> = dyn FnOnce(Arc<What<M>>) -> MethodRouter;

struct Entry<M: Model> {
    name: &'static str,
    path: &'static str,
    at: &'static Location<'static>,
    /// Before this page.
    guards: Vec<Arc<dyn RouteGuard>>,
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
            one: kept(&snake(meta.name)),
            many: kept(&meta.verbose_name_plural.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "_")),
            filter: Vec::new(),
            search: Vec::new(),
            order: Vec::new(),
            per_page: 25,
            most_per_page: 0,
            by_key: false,
            then: None,
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

    /// Where a form leads to once it has made or changed a row. Else it is the row's page, if there is one, or the list.
    pub fn then(mut self, to: impl Fn(&M) -> Url + Send + Sync + 'static) -> Self {
        self.what.then = Some(Arc::new(to));
        self
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
        self.add("list", "/", move |what| list::handler::<M, S>(what, template))
    }

    /// The page of a row, at `/{id}/`, in this shape.
    #[track_caller]
    pub fn detail<S>(mut self, template: &'static str) -> Self
    where
        S: Shape<Model = M> + TemplateValue + Sync,
    {
        self.what.has_detail = true;
        self.add("detail", "/{id}/", move |what| show::handler::<M, S>(what, template))
    }

    /// A form that makes a row, at `/new/`. The data must give every field that a new row needs, which the compiler sees to.
    /// Files that came with it are stored.
    #[track_caller]
    pub fn create<T>(self, template: &'static str) -> Self
    where
        T: Data + Fill<M>,
    {
        self.add("create", "/new/", move |what| edit::create::<M, T>(what, template))
    }

    /// The same, where more has to be done than to insert what was typed:
    /// `.create_by("note_form.html", async |new: NoteInput, db| create!(Note { at: now(), ..new }).insert(&db).await)`.
    /// Files have to be stored there, by `FileChange::store`.
    #[track_caller]
    pub fn create_by<T, F, R>(self, template: &'static str, make: F) -> Self
    where
        T: Data,
        F: Fn(T, Db) -> R + Send + Sync + 'static,
        R: Future<Output = quintet_core::Result<M>> + Send + 'static,
    {
        self.add("create", "/new/", move |what| edit::create_by(what, template, Arc::new(make)))
    }

    /// A form that changes a row, at `/{id}/edit/`: it shows the row's values, and saves those that were changed. Files that came with
    /// it take the place of those that the row had.
    #[track_caller]
    pub fn update<T>(self, template: &'static str) -> Self
    where
        M: TemplateValue,
        T: Data + Fill<M>,
    {
        self.add("update", "/{id}/edit/", move |what| edit::update::<M, T>(what, template))
    }

    /// A page that asks whether a row shall be deleted, at `/{id}/delete/`, and deletes it. If other rows are in the way, it
    /// says so as `error`, with status 409.
    #[track_caller]
    pub fn delete(self, template: &'static str) -> Self
    where
        M: TemplateValue,
    {
        self.add("delete", "/{id}/delete/", move |what| delete::handler(what, template))
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
        make: impl FnOnce(Arc<What<M>>) -> MethodRouter + 'static,
    ) -> Self {
        let guards = Vec::new();
        self.entries.push(Entry { name, path, at: Location::caller(), guards, make: Box::new(make) });
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
    fn pages<M: Model>(mut self, prefix: &str, pages: Pages<M>) -> Self {
        let what = Arc::new(pages.what);
        let prefix = prefix.trim_end_matches('/');
        for entry in pages.entries {
            let name = kept(&format!("{}_{}", what.one, entry.name));
            let path = format!("{prefix}{}", entry.path);
            let guard = all(pages.guards.iter().cloned().chain(entry.guards));
            self = self.route_guarded_at(name, &path, (entry.make)(what.clone()), guard, entry.at);
        }
        self
    }
}

impl Views for App {}
impl Views for Site {}
