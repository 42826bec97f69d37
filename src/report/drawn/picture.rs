//! Patterns as small grey pictures, a pixel a cell; the page's style colours and enlarges them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Shades of a picture: weights are told to within 0.016 where they are 0.25.
const LEVELS: f64 = 31.0;

/// The pattern `[T query][T key]` as a PNG of T × T grey pixels in base64: white is 0, black is 1, by the square root of
/// the weight, because most weights are small. `None` for a pattern that is not square or has no cells.
pub(super) fn picture(pattern: &[Vec<f64>]) -> Option<String> {
    let t = u32::try_from(pattern.len()).ok().filter(|t| *t > 0)?;
    if pattern.iter().any(|row| row.len() != pattern.len()) {
        return None;
    }
    let grey = |weight: &f64| {
        let level = (LEVELS * weight.clamp(0.0, 1.0).sqrt()).round();
        255 - (level * 255.0 / LEVELS).round() as u8
    };
    let pixels: Vec<u8> = pattern.iter().flatten().map(grey).collect();
    encode(&pixels, t).ok().map(|bytes| STANDARD.encode(bytes))
}

fn encode(pixels: &[u8], t: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, t, t);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_comes_back_from_its_picture() {
        let pattern = vec![vec![0.0, 1.0], vec![0.25, 0.75]];
        let bytes = STANDARD.decode(picture(&pattern).unwrap()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (2, 2));
        for (pixel, weight) in pixels.iter().zip(pattern.iter().flatten()) {
            let back = ((255.0 - f64::from(*pixel)) / 255.0).powi(2);
            assert!((back - weight).abs() < 0.035, "{weight} came back as {back}");
        }
    }

    #[test]
    fn what_is_no_pattern_has_no_picture() {
        assert_eq!(picture(&[]), None);
        assert_eq!(picture(&[vec![1.0, 0.0]]), None);
        assert!(picture(&[vec![f64::NAN]]).is_some());
    }
}
