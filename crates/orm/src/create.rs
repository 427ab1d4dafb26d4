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
#[macro_export]
macro_rules! create {
    ($model:path { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        const _: () = $crate::rt::check_required(<$model as $crate::Model>::REQUIRED, &[$(stringify!($field)),*]);
        $crate::Draft::<$model>::of(::std::vec![$($crate::create!(@set $model, $field $(, $value)?).raw),*])
    }};
    (@set $model:path, $field:ident, $value:expr) => {
        $crate::Table::<$model>::new().$field.set($value)
    };
    (@set $model:path, $field:ident) => {
        $crate::Table::<$model>::new().$field.set($field)
    };
}
