//! Events of `tracing` as lines: text for people, JSON objects for programs.
//!
//! An event passes: the filter of `[log] level` → fields and those of its spans → one line → a bounded queue →
//! a thread that writes to standard error. Code that logs never waits for a slow terminal or pipe; lines that
//! find the queue full are counted, and the count is told.
mod event;
mod writer;

use quintet_core::settings::{Log, LogFormat};
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, registry::LookupSpan};

pub use writer::Guard;
use writer::Writer;

/// Starts to log. The log is written out when the guard goes. `None` if the program logs in its own way already.
#[must_use]
pub fn start(settings: &Log, terminal: bool) -> Option<Guard> {
    // Checked when the settings were read.
    let filter: Targets = settings.level.as_str().parse().unwrap_or_default();
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !terminal,
    };
    let (writer, guard) = Writer::start(std::io::stderr(), json);
    let style = crate::style::Style::stderr();
    let layer = Lines { json, style, write: move |line| writer.send(line) }.with_filter(filter);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).ok()?;
    Some(guard)
}

/// Makes a line of each event.
struct Lines<W> {
    json: bool,
    style: crate::style::Style,
    write: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(String) + 'static,
{
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        id: &tracing::span::Id,
        context: tracing_subscriber::layer::Context<'_, S>,
    ) {
        if let Some(span) = context.span(id) {
            let mut fields = event::Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(
        &self,
        id: &tracing::span::Id,
        values: &tracing::span::Record<'_>,
        context: tracing_subscriber::layer::Context<'_, S>,
    ) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<event::Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: tracing_subscriber::layer::Context<'_, S>) {
        let mut fields = event::Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<event::Fields>() {
                fields.add_outer(outer);
            }
        }
        // Whatever a program logs: what its request hides is in no line.
        fields.cover();
        let metadata = event.metadata();
        let now = quintet_core::value::Timestamp::now();
        let line = if self.json {
            fields.json(now, *metadata.level(), metadata.target())
        } else {
            fields.text(now, *metadata.level(), metadata.target(), self.style)
        };
        (self.write)(line);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use quintet_core::hidden;

    use super::*;

    fn logged(json: bool, filter: &str, work: impl FnOnce()) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        let write = move |line: String| kept.lock().unwrap().push(line);
        let layer = Lines { json, style: crate::style::Style::plain(), write };
        let filter: Targets = filter.parse().unwrap();
        tracing::subscriber::with_default(
            tracing_subscriber::registry().with(layer.with_filter(filter)),
            work,
        );
        Arc::try_unwrap(lines).unwrap().into_inner().unwrap()
    }

    #[test]
    fn an_event_is_a_json_object_with_the_fields_of_its_spans() {
        let lines = logged(true, "info", || {
            let span = tracing::info_span!("request", id = "r1", status = tracing::field::Empty);
            span.record("status", 200);
            span.in_scope(|| tracing::info!(rows = 3, quote = "\"\n", "done"));
        });
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert!(lines[0].ends_with("}\n") && lines[0].matches('\n').count() == 1);
        assert_eq!(
            (&line["message"], &line["level"], &line["rows"]),
            (&"done".into(), &"info".into(), &3.into())
        );
        assert_eq!(
            (&line["id"], &line["status"], &line["quote"]),
            (&"r1".into(), &200.into(), &"\"\n".into())
        );
        assert!(
            line["time"].as_str().unwrap().ends_with('Z') && line["target"].as_str().unwrap().contains("log")
        );
    }

    #[test]
    fn an_event_is_a_line_of_text() {
        let lines = logged(false, "info", || tracing::warn!(path = "/a b", n = 1, "slow\nline"));
        assert_eq!(lines[0].matches('\n').count(), 1, "{lines:?}");
        assert!(
            lines[0].contains(" warn ") && lines[0].ends_with("slow\\nline path=\"/a b\" n=1\n"),
            "{lines:?}"
        );
    }

    #[tokio::test]
    async fn what_a_request_hides_is_in_no_line() {
        let values: Arc<dyn hidden::Conceals> = Arc::new(hidden::Values::default());
        let work = async {
            hidden::hide("hunter2\"x");
            [true, false].map(|json| {
                logged(json, "info", || tracing::warn!(word = "hunter2\"x", "{:?} is wrong", "hunter2\"x"))
            })
        };
        for lines in hidden::scope(values, work).await {
            assert!(
                !lines[0].contains("hunter2") && lines[0].matches(hidden::MASK).count() == 2,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn levels_hold_by_module() {
        let lines = logged(false, "warn,special=debug", || {
            tracing::info!("no");
            tracing::debug!(target: "special", "yes");
        });
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("special: yes"), "{lines:?}");
    }
}
