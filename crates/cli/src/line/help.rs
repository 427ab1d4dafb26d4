//! The overview of a site's commands; clap has no groups for those.

use std::fmt::Write as _;

use super::Group;
use crate::{commands::SERVE, style::Style};

pub(super) fn overview(name: &str, version: &str, groups: &[Group], style: Style) -> String {
    let mut out = format!("{} {version}\n\nUsage: {name} [COMMAND]\n", style.bold(name));
    let all = || groups.iter().flat_map(|group| &group.commands);
    let width = all().map(|(command, _)| command.name.chars().count()).max().unwrap_or(0);
    for group in groups.iter().filter(|group| !group.commands.is_empty()) {
        let _ = writeln!(out, "\n{}", style.bold(&format!("{}:", group.title)));
        for (command, _) in &group.commands {
            // Padded before it is painted: escapes have no width.
            let padded = format!("{:width$}", command.name);
            let _ = writeln!(out, "  {}  {}", style.green(&padded), first_sentence(&command.about));
        }
    }
    let default = if all().any(|(command, _)| command.name == SERVE) {
        "Without a command the site is served. "
    } else {
        ""
    };
    let _ = write!(out, "\n{default}`{name} help COMMAND` tells more about one; `--version` the version.\n");
    out
}

/// For the list.
pub(super) fn first_sentence(about: &str) -> &str {
    let paragraph = about.split("\n\n").next().unwrap_or_default().trim();
    paragraph.find(". ").and_then(|end| paragraph.get(..=end)).unwrap_or(paragraph)
}
