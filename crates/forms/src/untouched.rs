//! Controls that browsers fill in by themselves.

use quintet_core::Value;
use quintet_web::DataField;

/// What browsers send for a control that shows nothing and that nobody has touched.
pub(crate) fn untouched(field: &DataField) -> Vec<String> {
    let bound =
        |make: Option<fn() -> Value>, otherwise| make.and_then(|make| make().as_int()).unwrap_or(otherwise);
    match field.options.widget {
        Some("color") => vec!["#000000".to_owned()],
        Some("range") => {
            let (least, most) = (bound(field.min, 0), bound(field.max, 100));
            // The middle, at a step, as HTML has it.
            let step = bound(field.options.step, 1).max(1);
            let half = (most.saturating_sub(least)).max(0) / 2;
            let steps = half.saturating_add(step / 2) / step;
            vec![least.saturating_add(steps.saturating_mul(step)).to_string()]
        }
        _ => Vec::new(),
    }
}
