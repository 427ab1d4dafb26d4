//! The database's own index of words.

use quintet_core::{Error, Result, Value, meta::ModelMeta, value::Kind};

use super::{
    Render,
    facts::{field_at, key_of, model_at},
};
use crate::{
    ast::{Node, PathKey, SearchAsk, SearchNode},
    dialect::TextIndex,
    search::{MARKS, Query, WEIGHTS, index_name, index_of, vector},
};

/// How well rows answer, and their snippets: computed for all that match at once, and joined.
#[derive(Clone)]
pub(super) struct Ranked {
    path: PathKey,
    query: Query,
    alias: usize,
    /// Those of which snippets are shown.
    fields: Vec<u16>,
}

impl Render {
    pub(super) fn search(&mut self, node: &SearchNode) -> Result {
        let model = model_at(self.root()?, node.path)?;
        let index = index_of(model)?;
        if let SearchAsk::Snippet(field) = node.ask
            && !index.fields.iter().any(|(other, _)| *other == field)
        {
            let name = field_at(model, field)?.name;
            return Err(Error::internal(format!(
                "{0}.{name} has no snippets: it is not among the fields of #[model(search = [..])] on {0}",
                model.name
            )));
        }
        match self.dialect.text_index {
            TextIndex::Fts5 => self.by_fts5(node, model),
            TextIndex::TsVector => self.by_vector(node, model),
        }
    }

    fn by_vector(&mut self, node: &SearchNode, model: &'static ModelMeta) -> Result {
        let alias = self.alias_at(node.path);
        let column = |field: u16| -> Result<String> {
            let name = self.dialect.quoted(field_at(model, field)?.column);
            Ok(alias.map_or(name.clone(), |alias| format!("t{alias}.{name}")))
        };
        let columns =
            index_of(model)?.fields.iter().map(|(field, _)| column(*field)).collect::<Result<Vec<_>>>()?;
        match node.ask {
            SearchAsk::Matches => {
                self.push(&vector(&columns));
                self.push(" @@ ");
                self.tsquery(&node.query)?;
            }
            SearchAsk::Rank => {
                self.push("CAST(TS_RANK(");
                self.push(&vector(&columns));
                self.push(", ");
                self.tsquery(&node.query)?;
                self.push(") AS DOUBLE PRECISION)");
            }
            SearchAsk::Snippet(field) => {
                let column = column(field)?;
                self.push(&format!("TS_HEADLINE('simple', COALESCE({column}, ''), "));
                self.tsquery(&node.query)?;
                let (start, end) = MARKS;
                self.push(&format!(
                    ", 'StartSel={start}, StopSel={end}, MaxFragments=2, MaxWords=16, MinWords=8, ShortWord=0, FragmentDelimiter= … ')"
                ));
            }
        }
        Ok(())
    }

    fn tsquery(&mut self, query: &Query) -> Result {
        self.push("TO_TSQUERY('simple', ");
        self.typed(&Node::Value(Value::Text(query.tsquery())), Kind::Text)?;
        self.push(")");
        Ok(())
    }

    fn by_fts5(&mut self, node: &SearchNode, model: &'static ModelMeta) -> Result {
        if node.ask == SearchAsk::Matches {
            let name = self.dialect.quoted(&index_name(&model.identity()?.table));
            self.qualifier(self.alias_at(node.path));
            self.name(key_of(model)?.1.column);
            self.push(&format!(" IN (SELECT rowid FROM {name} WHERE {name} MATCH "));
            self.value(Value::Text(node.query.fts5()));
            self.push(")");
            return Ok(());
        }
        let ranked = self.scopes.last().and_then(|scope| {
            scope.ranked.iter().find(|ranked| ranked.path == node.path && ranked.query == node.query)
        });
        let Some(alias) = ranked.map(|ranked| ranked.alias) else {
            return Err(Error::database(
                "how well a row answers a search is known in queries alone, not in what is written",
            ));
        };
        match node.ask {
            SearchAsk::Snippet(field) => {
                // Where nothing was found, the text's start.
                self.push(&format!("COALESCE(t{alias}.s{field}, SUBSTR("));
                self.qualifier(self.alias_at(node.path));
                self.name(field_at(model, field)?.column);
                self.push(", 1, 160), '')");
            }
            _ => self.push(&format!("COALESCE(t{alias}.rank, 0.0)")),
        }
        Ok(())
    }

    /// What the searches among these expressions need to have joined.
    pub(super) fn ranked(&mut self, mention: impl FnOnce(&mut dyn FnMut(&Node))) -> Vec<Ranked> {
        let mut all: Vec<Ranked> = Vec::new();
        if self.dialect.text_index != TextIndex::Fts5 {
            return all;
        }
        mention(&mut |node| {
            let Node::Search(search) = node else { return };
            if search.ask == SearchAsk::Matches {
                return;
            }
            let same = |ranked: &&mut Ranked| ranked.path == search.path && ranked.query == search.query;
            if !all.iter_mut().any(|ranked| same(&ranked)) {
                let (path, query) = (search.path, search.query.clone());
                all.push(Ranked { path, query, alias: 0, fields: Vec::new() });
            }
            if let (SearchAsk::Snippet(field), Some(ranked)) = (search.ask, all.iter_mut().find(same))
                && !ranked.fields.contains(&field)
            {
                ranked.fields.push(field);
            }
        });
        for ranked in &mut all {
            ranked.alias = self.alias();
        }
        all
    }

    /// Joins what rows are ranked by. The limit of none keeps the database from taking the query apart, outside of which
    /// FTS5 could not tell.
    pub(super) fn join_ranked(&mut self, ranked: &Ranked) -> Result {
        let model = model_at(self.root()?, ranked.path)?;
        let index = index_of(model)?;
        let name = self.dialect.quoted(&index_name(&model.identity()?.table));
        let weights: Vec<&str> = (0..index.fields.len())
            .filter_map(|number| WEIGHTS.get(number).or(WEIGHTS.last()).map(|(_, weight)| *weight))
            .collect();
        self.push(&format!(" LEFT JOIN (SELECT rowid AS k, -BM25({name}, {}) AS rank", weights.join(", ")));
        let (start, end) = MARKS;
        for field in &ranked.fields {
            let number = index.fields.iter().position(|(other, _)| other == field).unwrap_or_default();
            self.push(&format!(", SNIPPET({name}, {number}, '{start}', '{end}', '…', 24) AS s{field}"));
        }
        self.push(&format!(" FROM {name} WHERE {name} MATCH "));
        self.value(Value::Text(ranked.query.fts5()));
        self.push(&format!(" LIMIT -1) AS t{0} ON t{0}.k = ", ranked.alias));
        self.qualifier(self.alias_at(ranked.path));
        self.name(key_of(model)?.1.column);
        Ok(())
    }
}
