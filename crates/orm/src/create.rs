/// A new row: `create!(Film { title: "Alien", director: &ridley, released })` is a [`Draft`](crate::Draft).
///
/// Values convert as in queries (`&str` for a `String`, `&Director` for a foreign key, a list of objects for a
/// many-to-many). `name` alone is short for `name: name`. A required field that is missing is an error while compiling;
/// a field with a default, an `Option` and the key may be left out.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Director { pub name: String }
/// # #[model(app = "docs")] pub struct Tag { pub name: String }
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub director: ForeignKey<Director>, pub tags: ManyToMany<Tag> }
/// # async fn show(db: &dyn Executor, ridley: Director, horror: Tag) -> Result {
/// let title = "Alien";
/// let film = create!(Film { title, director: &ridley, tags: [&horror] }).insert(db).await?;
/// # let _ = film; Ok(()) }
/// ```
///
/// ```compile_fail
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
/// let film = create!(Film { title: "Alien" }); // missing required field `votes`
/// ```
///
/// Nor can what the database computes be given:
///
/// ```compile_fail
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Line { pub price: i32, #[field(generated = "price * 2")] pub twice: i32 }
/// # fn show(line: &Line) {
/// let other = create!(Line { twice: 4, ..line }); // `twice` is computed by the database
/// # }
/// # fn main() { show(&Line { id: 1, price: 2, twice: 4 }) }
/// ```
///
/// `..rest` gives the fields that are not named: a row, whose copy this becomes (all but its key), or a draft. See
/// [`Fill`](crate::Fill).
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] #[derive(Clone)] pub struct Film { pub title: String, pub votes: i32 }
/// # async fn show(db: &dyn Executor, alien: Film) -> Result {
/// let copy = create!(Film { title: "Alien, again", ..&alien }).insert(db).await?;
/// # let _ = copy; Ok(()) }
/// ```
///
/// ```compile_fail
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
/// struct Form;
/// impl quintet_orm::Fill<Film> for Form {
///     const GIVES: Option<&'static [&'static str]> = Some(&["title"]);
///     fn fill(self, _: &mut Vec<quintet_orm::expr::RawAssign>) {}
/// }
/// fn main() {
///     let film = create!(Film { ..Form }); // missing required field `votes`
/// }
/// ```
#[macro_export]
macro_rules! create {
    ($model:path { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        const _: () = {
            $crate::rt::check_required(<$model as $crate::Model>::REQUIRED, &[$(stringify!($field)),*]);
            $crate::rt::check_computed(<$model as $crate::Model>::COMPUTED, &[$(stringify!($field)),*]);
        };
        $crate::Draft::<$model>::of(::std::vec![$($crate::create!(@set $model, $field $(, $value)?).raw),*])
    }};
    ($model:path { $($field:ident $(: $value:expr)?,)* ..$rest:expr }) => {{
        struct Named;
        impl $crate::rt::Given for Named {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];
        }
        $crate::rt::filled::<$model, Named, _>(
            $rest,
            ::std::vec![$($crate::create!(@set $model, $field $(, $value)?).raw),*],
            // Here, so that what is missing is told at this call: the type of the rest is known to no macro.
            const { $crate::rt::complete::<$model, Named, _>() },
        )
    }};
    (@set $model:path, $field:ident, $value:expr) => {
        $crate::Table::<$model>::new().$field.set($value)
    };
    (@set $model:path, $field:ident) => {
        $crate::Table::<$model>::new().$field.set($field)
    };
}
