//! Draws a text as a QR: SVG for pages, half blocks for terminals, PNG for files.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::render::svg::Color;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// Why a text becomes no QR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text of {0} bytes does not fit into a QR")]
pub struct TooLong(usize);

/// Side of one module in pixels: sharp on a phone's screen, and a login QR stays below 400 pixels.
const MODULE: u32 = 8;

/// An SVG document, 8 units per module, with quiet zone. It holds no text, script or link of its own.
pub fn svg(text: &str) -> Result<String, TooLong> {
    Ok(qr(text)?.render::<Color<'_>>().module_dimensions(MODULE, MODULE).build())
}

/// Lines of Unicode half blocks, each as long as the others, with quiet zone and a final line break.
///
/// The *light* modules are the filled ones: on a dark terminal the code then stands dark on light, which
/// every scanner reads. On a light terminal it is inverted, which phones read as well.
pub fn blocks(text: &str) -> Result<String, TooLong> {
    let mut lines = qr(text)?
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .module_dimensions(1, 1)
        .build();
    lines.push('\n');
    Ok(lines)
}

/// A PNG file, 8 pixels per module, greyscale, with quiet zone.
pub fn png(text: &str) -> Result<Vec<u8>, TooLong> {
    Ok(file(&qr(text)?.render::<Luma<u8>>().module_dimensions(MODULE, MODULE).build()))
}

fn file(picture: &GrayImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).expect("memory takes every write, PNG every grey picture");
    file.into_inner()
}

/// Level M, as WeChat's own: a smudge on the screen does not matter, and 2,331 bytes fit.
fn qr(text: &str) -> Result<QrCode, TooLong> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TooLong(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::decode;

    const TEXT: &str = "http://weixin.qq.com/x/4fmLkPzrl3vB9e2wqg1a";

    /// The blocks as a dark terminal shows them: one pixel per half block, enlarged, as a PNG.
    fn photographed(blocks: &str) -> Vec<u8> {
        const SCALE: usize = 4;
        let lines: Vec<Vec<char>> = blocks.lines().map(|line| line.chars().collect()).collect();
        let (width, height) = (lines[0].len(), lines.len() * 2);
        let side = |modules: usize| u32::try_from(modules * SCALE).unwrap();
        let picture = GrayImage::from_fn(side(width), side(height), |x, y| {
            let (x, y) = (x as usize / SCALE, y as usize / SCALE);
            let lit = match lines[y / 2][x] {
                '█' => true,
                '▀' => y % 2 == 0,
                '▄' => y % 2 == 1,
                _ => false,
            };
            Luma([if lit { 255 } else { 0 }])
        });
        file(&picture)
    }

    #[test]
    fn the_blocks_scan_on_a_dark_terminal() {
        assert_eq!(decode(&photographed(&blocks(TEXT).unwrap())).unwrap(), TEXT);
    }

    #[test]
    fn the_blocks_have_equal_lines_and_a_quiet_zone() {
        let drawn = blocks(TEXT).unwrap();
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()));
        assert!(lines[..2].iter().all(|line| line.chars().all(|block| block == '█')));
        // A QR has an odd number of rows, so the last line is half a line.
        let (last, whole) = lines.split_last().unwrap();
        assert!(whole.iter().all(|line| line.starts_with("████") && line.ends_with("████")));
        assert!(last.chars().all(|block| block == '▀'));
    }

    #[test]
    fn the_svg_is_a_document_without_a_text_from_outside() {
        let drawn = svg("\"/><script>alert(1)</script>").unwrap();
        assert!(drawn.starts_with("<?xml") && drawn.ends_with("</svg>"));
        assert!(!drawn.contains("script"));
    }

    #[test]
    fn a_text_beyond_every_qr_is_named_with_its_length() {
        assert_eq!(svg(&"x".repeat(4000)), Err(TooLong(4000)));
    }
}
