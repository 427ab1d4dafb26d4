//! The command line, made of commands at run time.
//!
//! `Line::read` gives a command with its arguments as text; their types are the command's affair.
mod elsewhere;
mod help;

use std::ffi::OsString;

use clap::{
    Arg, ArgAction, ArgMatches,
    error::{ContextKind, ContextValue, ErrorKind},
};
use quintet_core::{
    Error, Result,
    command::{ArgSpec, ArgStyle, Args, Command},
    near,
};

use crate::{
    commands::{Picked, SERVE},
    style::Style,
};

/// Commands that are listed together.
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) commands: Vec<(Command, Picked)>,
}

/// What the words on the command line mean.
#[derive(Debug)]
pub(crate) enum Chosen {
    Command(Picked, Args),
    /// Help or the version was asked for: this text.
    Told(String),
}

pub(crate) struct Line<'a> {
    root: clap::Command,
    groups: &'a [Group],
}

impl<'a> Line<'a> {
    /// # Errors
    /// If two commands have one name.
    pub(crate) fn new(name: String, version: &'static str, groups: &'a [Group]) -> Result<Self> {
        let all = || groups.iter().flat_map(|group| group.commands.iter().map(move |(c, _)| (group, c)));
        let mut root = clap::Command::new(name.clone())
            .bin_name(name.clone())
            .version(version)
            .override_help(help::overview(&name, version, groups, Style::stdout()));
        for (i, (group, command)) in all().enumerate() {
            let before = all().take(i).find(|(_, c)| c.name == command.name);
            if let Some((other, _)) = before {
                return Err(Error::settings(format!(
                    "two commands are named `{}`, in \"{}\" and in \"{}\": name one of them otherwise with \
                     `#[command(\"…\")]`",
                    command.name, other.title, group.title
                )));
            }
            if command.name == "help" {
                return Err(Error::settings(format!(
                    "`help` can't be a command's name (\"{}\")",
                    group.title
                )));
            }
            root = root.subcommand(subcommand(command));
        }
        Ok(Line { root, groups })
    }

    /// # Errors
    /// With status 400 and what is wrong, the nearest word included.
    pub(crate) fn read(&self, words: Vec<OsString>) -> Result<Chosen> {
        let name = OsString::from(self.root.get_name());
        let first = words.first().map(|word| word.to_string_lossy().into_owned());
        let matches = match self.root.clone().try_get_matches_from(std::iter::once(name).chain(words)) {
            Ok(matches) => matches,
            Err(error) => {
                let mut text = error.render().to_string();
                if let Some(tip) = self.tip(&error, first.as_deref()) {
                    let at = text.find("\n\n").unwrap_or(text.len());
                    text.insert_str(at, &format!("\n\n  tip: {tip}"));
                }
                return match error.kind() {
                    ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Chosen::Told(text)),
                    _ => Err(Error::bad_request(text.trim().trim_start_matches("error: ").to_owned())),
                };
            }
        };
        let find = |name: &str| {
            self.groups.iter().flat_map(|g| &g.commands).find(|(command, _)| command.name == name)
        };
        match matches.subcommand() {
            Some((name, given)) => match find(name) {
                Some((command, picked)) => Ok(Chosen::Command(picked.clone(), args(command, given))),
                None => Err(Error::bad_request(format!("there is no command `{name}`"))),
            },
            None => Ok(match find(SERVE) {
                Some((_, picked)) => Chosen::Command(picked.clone(), Args::default()),
                None => Chosen::Told(self.root.clone().render_help().to_string()),
            }),
        }
    }
}

impl Line<'_> {
    /// The command or option that was probably meant.
    fn tip(&self, error: &clap::Error, first: Option<&str>) -> Option<String> {
        if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
            && let Some(tip) = elsewhere::tip(word)
        {
            return Some(tip.to_owned());
        }
        self.nearest(error, first).map(|near| format!("there is `{near}`"))
    }

    fn nearest(&self, error: &clap::Error, command: Option<&str>) -> Option<String> {
        let wrong = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let commands = || self.groups.iter().flat_map(|group| &group.commands).map(|(command, _)| command);
        if let Some(word) = wrong(ContextKind::InvalidSubcommand) {
            return near::nearest(word, commands().map(|c| c.name.as_str())).map(str::to_owned);
        }
        let word = wrong(ContextKind::InvalidArg)?.strip_prefix("--")?;
        let options = commands().filter(|c| Some(c.name.as_str()) == command).flat_map(|c| &c.args);
        let options: Vec<String> =
            options.filter(|a| !a.positional).map(|a| a.name.replace('_', "-")).collect();
        near::nearest(word, options.iter().map(String::as_str)).map(|name| format!("--{name}"))
    }
}

fn subcommand(command: &Command) -> clap::Command {
    let mut sub =
        clap::Command::new(command.name.clone()).about(help::first_sentence(&command.about).to_owned());
    if command.about.trim() != help::first_sentence(&command.about) {
        sub = sub.long_about(command.about.clone());
    }
    for spec in &command.args {
        sub = sub.arg(arg(spec));
    }
    sub
}

fn arg(spec: &ArgSpec) -> Arg {
    let arg = Arg::new(spec.name.clone()).help(spec.help.clone());
    let shown = spec.name.replace('_', "-");
    // `-5` is a value where a number or a date is wanted, not an option.
    let numeric = matches!(spec.value_name, "NUMBER");
    match spec.style {
        ArgStyle::Flag => arg.long(shown).action(ArgAction::SetTrue),
        ArgStyle::Required => {
            arg.value_name(shown.to_uppercase()).required(true).allow_negative_numbers(numeric)
        }
        ArgStyle::Many if !spec.positional => arg
            .long(shown)
            .value_name(spec.value_name)
            .action(ArgAction::Append)
            .allow_negative_numbers(numeric),
        ArgStyle::Many => arg
            .value_name(shown.to_uppercase())
            .num_args(0..)
            .action(ArgAction::Append)
            .allow_negative_numbers(numeric),
        ArgStyle::Option if spec.positional => {
            arg.value_name(shown.to_uppercase()).allow_negative_numbers(numeric)
        }
        ArgStyle::Option => arg.long(shown).value_name(spec.value_name).allow_negative_numbers(numeric),
    }
}

fn args(command: &Command, matches: &ArgMatches) -> Args {
    let mut args = Args::default();
    for spec in &command.args {
        if spec.style == ArgStyle::Flag {
            if matches.get_flag(&spec.name) {
                args.push(&spec.name, "true");
            }
            continue;
        }
        for value in matches.get_many::<String>(&spec.name).into_iter().flatten() {
            args.push(&spec.name, value.clone());
        }
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Vec<Group> {
        let run = |_, _| async { Ok(()) };
        let import = Command::new("import-films", "Imports films. One a line.", run)
            .arg(ArgSpec::of::<std::path::PathBuf>("file", "the file"))
            .arg(ArgSpec::of::<Option<i32>>("limit", "at most"))
            .arg(ArgSpec::of::<bool>("dry_run", "only look"))
            .arg(ArgSpec::of::<Vec<String>>("tags", "for each"));
        let serve = Command::new("serve", "Serves the site.", run);
        let migrate = Command::new("migrate", "Migrates.", run)
            .arg(ArgSpec::of::<Option<String>>("app", "").positional());
        let own = |c: Command| (c.clone(), Picked::Command(c));
        vec![
            Group { title: "Commands of `cinema`".into(), commands: vec![own(import)] },
            Group { title: "Commands".into(), commands: vec![own(serve), own(migrate)] },
        ]
    }

    fn read(words: &str) -> Result<Chosen> {
        let groups = groups();
        let line = Line::new("cinema".into(), "1.2.3", &groups).unwrap();
        line.read(words.split_whitespace().map(OsString::from).collect())
    }

    fn chosen(words: &str) -> (String, Args) {
        match read(words).unwrap() {
            Chosen::Command(Picked::Command(command), args) => (command.name, args),
            other => panic!("{other:?}"),
        }
    }

    fn told(words: &str) -> String {
        match read(words).unwrap() {
            Chosen::Told(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn commands_of_other_frameworks_are_answered_with_ours() {
        for (word, told) in [
            ("runserver", "tip: `serve` serves the site, and `dev`"),
            ("startapp", "tip: `quintet app NAME`"),
            ("startproject", "tip: `quintet new NAME`"),
            ("shell", "`#[command]`"),
            ("test", "`cargo test`"),
            ("migrat", "tip: there is `migrate`"),
        ] {
            let error = read(word).unwrap_err().to_string();
            assert!(error.contains(told), "{word}: {error}");
        }
    }

    #[test]
    fn words_become_a_command_with_arguments() {
        let (name, args) = chosen("import-films a.txt --limit -5 x y --dry-run");
        assert_eq!(name, "import-films");
        assert_eq!(args.take::<String>("file").unwrap(), "a.txt");
        assert_eq!(args.take::<Option<i32>>("limit").unwrap(), Some(-5));
        assert!(args.take::<bool>("dry_run").unwrap());
        assert_eq!(args.take::<Vec<String>>("tags").unwrap(), ["x", "y"]);
        let (_, args) = chosen("import-films a.txt");
        assert!(
            !args.take::<bool>("dry_run").unwrap() && args.take::<Vec<String>>("tags").unwrap().is_empty()
        );
        assert_eq!(
            chosen("migrate cinema").1.take::<Option<String>>("app").unwrap().as_deref(),
            Some("cinema")
        );
    }

    #[test]
    fn without_a_word_the_site_is_served() {
        assert_eq!(chosen("").0, "serve");
    }

    #[test]
    fn mistakes_are_told_with_the_nearest_word() {
        for (words, said) in [
            ("migrat", "there is `migrate`"),
            ("import-films", "<FILE>"),
            ("import-films a --limt 5", "there is `--limit`"),
            ("serve now", "now"),
        ] {
            let error = read(words).unwrap_err();
            assert_eq!(error.status(), 400, "{words}");
            assert!(error.to_string().contains(said), "{words}: {error}");
            assert!(!error.to_string().starts_with("error"), "{error}");
        }
    }

    #[test]
    fn help_lists_the_commands_in_their_groups() {
        let text = told("--help");
        assert_eq!(text, told("help"));
        let site = text.find("Commands of `cinema`:").unwrap();
        let import = text.find("  import-films  Imports films.\n").unwrap();
        let own = text.find("\nCommands:\n").unwrap();
        assert!(site < import && import < own, "{text}");
        let one = told("help import-films");
        for part in ["One a line.", "<FILE>", "--limit <NUMBER>", "--dry-run", "[TAGS]...", "only look"] {
            assert!(one.contains(part), "{part}: {one}");
        }
        assert_eq!(told("--version").trim(), "cinema 1.2.3");
    }

    #[test]
    fn one_name_is_one_command() {
        let mut groups = groups();
        let again = groups[1].commands[0].clone();
        groups[0].commands.push(again);
        let error = Line::new("x".into(), "1", &groups).err().unwrap().to_string();
        assert!(error.contains("`serve`") && error.contains("`cinema`"), "{error}");
    }
}
