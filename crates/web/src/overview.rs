//! The `routes` command: what Django's `urls.py` would show, from what is installed.

use std::sync::Arc;

use quintet_core::{
    Result, Services,
    command::{Args, Command, Console},
};

use crate::routing::Routes;

pub(crate) fn command() -> Command {
    Command::new("routes", "Lists all routes: method, path, name, place.", run)
}

async fn run(services: Services, _: Args) -> Result {
    let console = services.require::<Console>()?;
    let rows: Vec<[String; 4]> = services
        .require::<Arc<Routes>>()?
        .all()
        .iter()
        .map(|route| {
            let methods = if route.methods.is_empty() { "*".to_owned() } else { route.methods.join("|") };
            [
                methods,
                route.path.clone(),
                route.qualified().unwrap_or_default(),
                format!("{}:{}", route.file, route.line),
            ]
        })
        .collect();
    let width = |i: usize| {
        rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (methods, paths, names) = (width(0), width(1), width(2));
    for [method, path, name, place] in &rows {
        console.line(format!("{method:methods$}  {path:paths$}  {name:names$}  {place}"));
    }
    Ok(())
}
