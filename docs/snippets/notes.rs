// The site that start.md makes. Hidden lines of its snippets include this file.
pub mod models {
    use quintet::prelude::*;

    #[model(ordering = "name")]
    #[derive(Debug, Clone)]
    pub struct Topic {
        #[field(unique, max_length = 40)]
        pub name: String,
        pub notes: HasMany<Note>,
    }

    #[model(ordering = "-id")]
    #[derive(Debug, Clone)]
    pub struct Note {
        #[field(max_length = 200)]
        pub text: String,
        #[field(on_delete = set_null)]
        pub topic: Option<ForeignKey<Topic>>,
    }
}

pub mod pages {
    use quintet::prelude::*;

    use super::models::Topic;

    #[get("/topics/{id}/")]
    pub async fn topic(Path(id): Path<i64>, db: Db) -> Result<Page> {
        let topic = Topic.prefetch_related(Topic.notes).get(id, &db).await?;
        Ok(page!("topic.html", topic))
    }

    #[data]
    pub struct NewNote {
        pub text: String,
    }

    #[form("/notes/new/")]
    pub async fn add(mut form: Form<NewNote>) -> Page {
        match form.valid() {
            Some(_) => redirect("/"),
            None => page!("add.html", form),
        }
    }
}

pub fn site() -> quintet::Site {
    use quintet::prelude::*;
    let app = App::new("notes").models((models::Note, models::Topic));
    Site::new().install(app.routes(routes![pages::topic, pages::add]))
}
