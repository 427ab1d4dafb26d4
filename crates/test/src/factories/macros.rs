/// Recipes for rows: functions that give a [`Factory`](crate::Factory).
///
/// The body has the fields as `create!` has them; `n` is the number of the row, from 1 in each test, and a source of values
/// that are the same in each run ([`Nth`](crate::Nth)). `new` before a factory has a row of it made for the new one to point
/// to, `new [factory(); 2]` so many for a many-to-many. A required field that is missing is an error while compiling.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Director { pub name: String }
/// # #[model(app = "docs")] pub struct Tag { pub name: String }
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32, pub director: ForeignKey<Director>, pub tags: ManyToMany<Tag> }
/// # #[model(app = "docs")] pub struct Review { pub film: ForeignKey<Film>, pub stars: i32 }
/// use quintet_test::factory;
///
/// factory! {
///     fn director(n) -> Director { name: format!("Director {n}") }
///     fn tag(n) -> Tag { name: format!("tag-{n}") }
///
///     /// A film with a director of its own and two tags.
///     pub fn film(n) -> Film {
///         title: format!("Film {n}"),
///         votes: n.random(0..1000),
///         director: new director(),
///         tags: new [tag(); 2],
///     }
///
///     fn review(n) -> Review { film: new film(), stars: n.random(1..=5) }
/// }
///
/// # async fn show(db: &dyn Executor, ridley: Director) -> Result {
/// let any = film().create(db).await?;
/// let alien = film().with((Film.title.set("Alien"), Film.director.set(&ridley))).create(db).await?;
/// let seen = film().having(3, Review.film, review().with(Review.stars.set(5))).create_many(10, db).await?;
/// # Ok(()) }
/// ```
///
/// ```compile_fail
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
/// # fn main() {}
/// quintet_test::factory! {
///     fn film(n) -> Film { title: format!("Film {n}") } // missing required field `votes`
/// }
/// ```
#[macro_export]
macro_rules! factory {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($n:ident) -> $model:path { $($body:tt)* })*) => {$(
        $crate::factory!(@read [$(#[$meta])* $vis $name $n $model] [] [] [] $($body)*);
    )*};
    // Fields: the names of all, the plain ones, those that are made.
    (@read [$($head:tt)*] [$($all:ident)*] [$($plain:tt)*] [$($made:tt)*]
        $field:ident : new [$factory:expr ; $count:expr] $(, $($rest:tt)*)?) => {
        $crate::factory!(@read [$($head)*] [$($all)* $field] [$($plain)*]
            [$($made)* { linked $field, $count, $factory }] $($($rest)*)?);
    };
    (@read [$($head:tt)*] [$($all:ident)*] [$($plain:tt)*] [$($made:tt)*]
        $field:ident : new $factory:expr $(, $($rest:tt)*)?) => {
        $crate::factory!(@read [$($head)*] [$($all)* $field] [$($plain)*]
            [$($made)* { related $field, $factory }] $($($rest)*)?);
    };
    (@read [$($head:tt)*] [$($all:ident)*] [$($plain:tt)*] [$($made:tt)*]
        $field:ident : $value:expr $(, $($rest:tt)*)?) => {
        $crate::factory!(@read [$($head)*] [$($all)* $field] [$($plain)* { $field, $value }]
            [$($made)*] $($($rest)*)?);
    };
    (@read [$(#[$meta:meta])* $vis:vis $name:ident $n:ident $model:path] [$($all:ident)*]
        [$({ $field:ident, $value:expr })*] [$({ $how:ident $made:ident, $($args:tt)* })*]) => {
        $(#[$meta])*
        #[allow(dead_code, reason = "a file of factories may be shared by tests that use some of them")]
        $vis fn $name() -> $crate::factories::rt::Factory<$model> {
            use $crate::factories::rt as __rt;
            const _: () = {
                __rt::check_required(<$model as __rt::Model>::REQUIRED, &[$(::core::stringify!($all)),*]);
                __rt::check_computed(<$model as __rt::Model>::COMPUTED, &[$(::core::stringify!($all)),*]);
            };
            fn __declare($n: &__rt::Nth) -> ::std::vec::Vec<__rt::RawAssign> {
                let _ = $n;
                ::std::vec![$(__rt::Table::<$model>::new().$field.set($value).raw),*]
            }
            let __name = ::core::concat!(::core::module_path!(), "::", ::core::stringify!($name));
            __rt::Factory::<$model>::new(__name, __declare)
                $(.$how(__rt::Table::<$model>::new().$made, $($args)*))*
        }
    };
}
