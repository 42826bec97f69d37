//! Shapes of the plots. Every attribute is in quotation marks, since a plot may be a file by itself.

use std::fmt;
use std::io;

use super::markup::{Page, put};
use super::scale::Shade;
use super::style;

/// A place or length on a plot: a tenth of a unit is enough, and shorter.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Px(pub f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding 0 makes −0 a 0.
        let tenths = (self.0 * 10.0).round() + 0.0;
        write!(f, "{}", tenths / 10.0)
    }
}

/// Opens a plot of so many units with its name for those who do not see it; as a file with its style and paper.
pub(in crate::report) fn open(
    page: &mut Page<'_>,
    class: &str,
    size: (f64, f64),
    title: impl fmt::Display,
) -> io::Result<()> {
    put!(page, "<svg");
    if page.is_alone() {
        put!(page, " xmlns=\"http://www.w3.org/2000/svg\"");
    }
    put!(page, " class=\"", (class), "\" role=\"img\" width=\"", (Px(size.0)), "\" height=\"", (Px(size.1)));
    put!(page, "\" viewBox=\"0 0 ", (Px(size.0)), " ", (Px(size.1)), "\"><title>", (title), "</title>");
    if page.is_alone() {
        put!(page, "<style>");
        page.raw(style::LIGHT.as_str())?;
        put!(page, "</style>");
        rect(page, "paper", (0.0, 0.0), size)?;
    }
    Ok(())
}

pub(in crate::report) fn close(page: &mut Page<'_>) -> io::Result<()> {
    put!(page, "</svg>\n");
    Ok(())
}

pub(in crate::report) fn line(
    page: &mut Page<'_>,
    class: impl fmt::Display,
    from: (f64, f64),
    to: (f64, f64),
) -> io::Result<()> {
    path(page, class, format_args!("M{} {}L{} {}", Px(from.0), Px(from.1), Px(to.0), Px(to.1)))
}

pub(in crate::report) fn path(
    page: &mut Page<'_>,
    class: impl fmt::Display,
    data: impl fmt::Display,
) -> io::Result<()> {
    put!(page, "<path class=\"", (class), "\" d=\"", (data), "\"/>");
    Ok(())
}

pub(in crate::report) fn rect(
    page: &mut Page<'_>,
    class: impl fmt::Display,
    at: (f64, f64),
    size: (f64, f64),
) -> io::Result<()> {
    put!(page, "<rect class=\"", (class), "\" x=\"", (Px(at.0)), "\" y=\"", (Px(at.1)));
    put!(page, "\" width=\"", (Px(size.0)), "\" height=\"", (Px(size.1)), "\"/>");
    Ok(())
}

pub(in crate::report) fn text(
    page: &mut Page<'_>,
    class: impl fmt::Display,
    at: (f64, f64),
    value: impl fmt::Display,
) -> io::Result<()> {
    put!(page, "<text class=\"", (class), "\" x=\"", (Px(at.0)), "\" y=\"", (Px(at.1)), "\">");
    put!(page, (value), "</text>");
    Ok(())
}

/// A text that reads upward from its place.
pub(in crate::report) fn upward(
    page: &mut Page<'_>,
    class: impl fmt::Display,
    at: (f64, f64),
    value: impl fmt::Display,
) -> io::Result<()> {
    let turn = format!("translate({} {}) rotate(-90)", Px(at.0), Px(at.1));
    put!(page, "<text class=\"", (class), "\" transform=\"", (turn), "\">", (value), "</text>");
    Ok(())
}

/// Shaded boxes in a row, each with what it stands for below it, after a name.
pub(in crate::report) fn scale(
    page: &mut Page<'_>,
    at: (f64, f64),
    name: &str,
    steps: &[(Shade, String)],
) -> io::Result<()> {
    const BOX: (f64, f64) = (37.0, 10.0);
    text(page, "end", (at.0 - 8.0, at.1 + 9.0), name)?;
    for (i, (shade, told)) in steps.iter().enumerate() {
        let left = at.0 + BOX.0 * i as f64;
        rect(page, format_args!("{} edge", shade.class()), (left, at.1), BOX)?;
        text(page, "tick", (left + BOX.0 / 2.0, at.1 + BOX.1 + 12.0), told)?;
    }
    Ok(())
}

/// A line through points, as the data of a path.
pub(in crate::report) fn through(points: impl Iterator<Item = (f64, f64)>) -> String {
    let step = |(i, (x, y))| format!("{}{} {}", if i == 0 { 'M' } else { 'L' }, Px(x), Px(y));
    points.enumerate().map(step).collect()
}

/// A rectangle with its place, as the data of a path.
pub(in crate::report) fn cell(at: (f64, f64), size: (f64, f64)) -> String {
    format!("M{} {}h{}v{}h-{}z", Px(at.0), Px(at.1), Px(size.0), Px(size.1), Px(size.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_short() {
        assert_eq!([12.0, 0.04, -0.04, 3.25].map(|x| Px(x).to_string()), ["12", "0", "0", "3.3"]);
        assert_eq!(through([(0.0, 1.0), (2.5, 3.0)].into_iter()), "M0 1L2.5 3");
        assert_eq!(cell((1.0, 2.0), (3.0, 4.0)), "M1 2h3v4h-3z");
    }

    #[test]
    fn a_plot_alone_has_what_it_needs() {
        let draw = |page: &mut Page<'_>| {
            open(page, "wide", (10.0, 20.0), "a & b\u{ffff}")?;
            close(page)
        };
        let (mut alone, mut within) = (Vec::new(), Vec::new());
        draw(&mut Page::alone(&mut alone)).unwrap();
        draw(&mut Page::new(&mut within)).unwrap();
        let (alone, within) = (String::from_utf8(alone).unwrap(), String::from_utf8(within).unwrap());
        assert!(alone.starts_with(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"wide\" role=\"img\" width=\"10\""
        ));
        assert!(alone.contains("<title>a &amp; b\\u{ffff}</title><style>") && !alone.contains("var("));
        assert_eq!(
            within,
            "<svg class=\"wide\" role=\"img\" width=\"10\" height=\"20\" viewBox=\"0 0 10 20\"><title>a &amp; b\u{ffff}</title></svg>\n"
        );
    }
}
