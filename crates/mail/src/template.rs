//! From a template to subject, HTML and text.

use std::sync::Arc;

use quintet_core::{
    Error, Result, Services, Value,
    settings::{SiteSettings, SiteUrl},
    template::{Context, Render, Renderer},
    value::Map,
};

use crate::{Mail, plain::entities};

/// What a mail's template finds beside its values: `site.name` and `site.url`.
fn around(info: &SiteSettings) -> Arc<dyn Context> {
    let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    let url = info.url.as_ref().map(SiteUrl::as_str);
    let site = Value::Map(vec![("name".into(), text(info.name.as_deref())), ("url".into(), text(url))]);
    let around: Map = vec![("site".into(), site)];
    Arc::new(around)
}

/// Templates of text escape nothing.
fn is_text(template: &str) -> bool {
    template.ends_with(".txt")
}

/// What a template gave as text: in one of HTML it was escaped, and is read back.
fn as_text(given: String, template: &str) -> String {
    if is_text(template) { given } else { entities(&given) }
}

/// The mail with what its template says; what the program has said itself stays.
///
/// # Errors
/// If the template fails, or a mail has no subject by it.
pub(crate) fn fill(
    mut mail: Mail,
    renderer: Option<&Arc<dyn Renderer>>,
    services: &Services,
    info: &SiteSettings,
) -> Result<Mail> {
    let Some(template) = mail.template.take() else { return Ok(mail) };
    let renderer = renderer.ok_or_else(|| {
        Error::internal("this site has no renderer of templates: start it with the templates room")
    })?;
    let context = around(info);
    let values = mail.values.clone();
    let render = |template: &str, fragment: Option<&str>| {
        renderer.render(Render {
            template,
            fragment,
            values: &values,
            context: &context,
            app: None,
            services,
        })
    };
    let blocks = renderer.blocks(&template);
    let has = |name: &str| blocks.iter().any(|block| block == name);
    if mail.subject.is_none() {
        // One that is not there says so by itself when it is rendered.
        if !has("subject") && renderer.exists(&template) {
            return Err(Error::internal(format!(
                "the mail `{template}` has no subject: give the template a block, `{{% block subject %}}…{{% endblock %}}`, or \
                 say `.subject(..)`"
            )));
        }
        let subject = as_text(render(&template, Some("subject"))?, &template);
        // One line, however the template is broken into lines.
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        mail = mail.subject(subject);
    }
    let rest = Some("!subject,text");
    let is_text = is_text(&template);
    if mail.text.is_none() {
        let beside = template.strip_suffix(".html").map(|name| format!("{name}.txt"));
        let text = match beside {
            _ if has("text") => Some(as_text(render(&template, Some("text"))?, &template)),
            _ if is_text => Some(render(&template, rest)?),
            Some(beside) if renderer.exists(&beside) => Some(render(&beside, rest)?),
            _ => None,
        };
        mail.text = text.map(|text| text.trim().to_owned() + "\n");
    }
    if mail.html.is_none() && !is_text {
        let html = render(&template, if has("html") { Some("html") } else { rest })?;
        mail.html = Some(html.trim().to_owned() + "\n");
    }
    Ok(mail)
}
