use quintet_core::{Error, Result};

/// Light modules around the dark ones, as the standard wants.
const QUIET: usize = 4;

/// The text as a picture that a phone reads: SVG of one path, without style and without script.
pub(crate) fn svg(text: &str, label: &str) -> Result<String> {
    let picture = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M)
        .map_err(|why| Error::internal(format!("a text can't be a QR code: {why}")))?;
    let (width, colors) = (picture.width(), picture.to_colors());
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == qrcode::Color::Dark) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    let size = width + 2 * QUIET;
    Ok(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_picture_has_three_corners_and_nothing_that_a_policy_forbids() {
        let svg = super::svg("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ", "QR code").unwrap();
        assert!(
            svg.starts_with("<svg")
                && svg.ends_with("</svg>")
                && !svg.contains("style")
                && !svg.contains("script")
        );
        // The outer corner of the first finder pattern.
        assert!(
            svg.contains("M4 4h1v1h-1z") && svg.contains("M5 4h1v1h-1z") && !svg.contains("M5 5h1v1h-1z")
        );
        assert!(super::svg(&"x".repeat(5000), "").is_err());
    }
}
