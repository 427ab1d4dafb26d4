//! Commands of other frameworks, as what there is here.

/// Django's commands, those of Rails and npm that come to mind first, and what to do instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("runserver", "`serve` serves the site, and `dev` does and follows what you edit"),
    ("start", "`serve` serves the site, and `dev` does and follows what you edit"),
    ("run", "`serve` serves the site, and `dev` does and follows what you edit"),
    ("server", "`serve` serves the site, and `dev` does and follows what you edit"),
    ("startproject", "`quintet new NAME` makes a project"),
    ("startapp", "`quintet app NAME` adds an app to the project of this directory"),
    (
        "shell",
        "there is no shell: write what is to be done as a command of your own (`#[command]`), or as a test",
    ),
    (
        "console",
        "there is no shell: write what is to be done as a command of your own (`#[command]`), or as a test",
    ),
    ("test", "tests are run by `cargo test`"),
    ("migrations", "`showmigrations` lists migrations, `makemigrations` writes them"),
    ("show_urls", "`routes` lists all routes"),
    ("urls", "`routes` lists all routes"),
    ("diffsettings", "`settings` lists all settings, and where each is from"),
    ("makemessages", "texts are not translated yet"),
    ("compilemessages", "texts are not translated yet"),
];

/// What there is instead of this command.
pub(super) fn tip(word: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(known, _)| *known == word).map(|(_, tip)| *tip)
}
