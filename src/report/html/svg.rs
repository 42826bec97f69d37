//! Shapes of the plots.

use std::fmt;
use std::io;

use super::markup::{Page, put};

/// A place or length on a plot: a tenth of a unit is enough, and shorter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Px(pub f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding 0 makes −0 a 0.
        let tenths = (self.0 * 10.0).round() + 0.0;
        write!(f, "{}", tenths / 10.0)
    }
}

/// Opens a plot of so many units with its name for those who do not see it.
pub(super) fn open(
    page: &mut Page<'_>,
    class: &'static str,
    size: (f64, f64),
    title: impl fmt::Display,
) -> io::Result<()> {
    put!(
        page,
        "<svg class=\"",
        (class),
        "\" role=img viewBox=\"0 0 ",
        (Px(size.0)),
        " ",
        (Px(size.1)),
        "\"><title>",
        (title),
        "</title>"
    );
    Ok(())
}

pub(super) fn line(
    page: &mut Page<'_>,
    class: impl fmt::Display,
    from: (f64, f64),
    to: (f64, f64),
) -> io::Result<()> {
    let path = format!("M{} {}L{} {}", Px(from.0), Px(from.1), Px(to.0), Px(to.1));
    put!(page, "<path class=\"", (class), "\" d=\"", (path), "\"/>");
    Ok(())
}

pub(super) fn rect(
    page: &mut Page<'_>,
    class: impl fmt::Display,
    at: (f64, f64),
    size: (f64, f64),
) -> io::Result<()> {
    put!(page, "<rect class=\"", (class), "\" x=\"", (Px(at.0)), "\" y=\"", (Px(at.1)));
    put!(page, "\" width=\"", (Px(size.0)), "\" height=\"", (Px(size.1)), "\"/>");
    Ok(())
}

pub(super) fn text(
    page: &mut Page<'_>,
    class: impl fmt::Display,
    at: (f64, f64),
    value: impl fmt::Display,
) -> io::Result<()> {
    put!(page, "<text class=\"", (class), "\" x=\"", (Px(at.0)), "\" y=\"", (Px(at.1)), "\">");
    put!(page, (value), "</text>");
    Ok(())
}

/// A line through points, as the data of a path.
pub(super) fn through(points: impl Iterator<Item = (f64, f64)>) -> String {
    let step = |(i, (x, y))| format!("{}{} {}", if i == 0 { 'M' } else { 'L' }, Px(x), Px(y));
    points.enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_short() {
        assert_eq!([12.0, 0.04, -0.04, 3.25].map(|x| Px(x).to_string()), ["12", "0", "0", "3.3"]);
        assert_eq!(through([(0.0, 1.0), (2.5, 3.0)].into_iter()), "M0 1L2.5 3");
    }
}
