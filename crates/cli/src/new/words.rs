//! What stands in the files of a project only if it was asked for.

use super::Choice;

/// The features of `quintet`, behind its version in Cargo.toml.
pub(super) fn features(choice: &Choice) -> String {
    let mut features = Vec::new();
    if choice.users {
        features.extend(["\"auth\"", "\"mail\""]);
    }
    if choice.postgres {
        features.push("\"postgres\"");
    }
    match features.is_empty() {
        true => String::new(),
        false => format!(", features = [{}]", features.join(", ")),
    }
}

pub(super) fn profiles(choice: &Choice) -> &'static str {
    if !choice.users {
        return "";
    }
    "
# A password's hash is made to be slow; without this it takes seconds.
[profile.dev.package.argon2]
opt-level = 3

[profile.dev.package.blake2]
opt-level = 3
"
}

/// In the header of all pages.
pub(super) fn who(choice: &Choice) -> &'static str {
    if !choice.users {
        return "";
    }
    r#"<nav>
{% block links %}{% endblock %}
{% if user %}
<span>{{ user.username }}</span>
<form method="post" action="{{ url("auth:logout") }}">{{ csrf_input() }}<button class="link">Log out</button></form>
{% else %}
<a href="{{ url("auth:login") }}">Log in</a>
{% endif %}
</nav>
"#
}

/// Settings.
pub(super) fn auth(choice: &Choice, name: &str) -> String {
    if !choice.users {
        return String::new();
    }
    format!(
        "
[site]
name = \"{name}\"
# Where it is: links in mails begin with it. In debug http://127.0.0.1:8000.
# url = \"https://example.com\"

[auth]
# People sign up by themselves, with a link that they get by mail. In debug mails stand in the terminal.
signup = true
"
    )
}

/// In README.md.
pub(super) fn users(choice: &Choice) -> &'static str {
    if !choice.users {
        return "";
    }
    "- People sign up at `/signup/`; while `debug` is on, the mail with the link stands in the terminal.
  `cargo run -- createsuperuser` makes somebody who may do everything.
"
}
