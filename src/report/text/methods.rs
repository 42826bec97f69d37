//! The table of methods.

use super::page::Text;
use super::paint::BOLD;
use crate::attribution::ALL;

/// Every method: its name for flags, what a score means, where it comes from, what it costs.
#[must_use]
pub fn methods(text: Text) -> String {
    let mut out = String::new();
    let mut role = None;
    for method in ALL {
        if role != Some(method.role) {
            if role.is_some() {
                out.push('\n');
            }
            role = Some(method.role);
            out.push_str(&text.title('─', &format!("{}s", method.role.name())));
        }
        out.push_str(&text.paint.on(BOLD, method.name));
        out.push('\n');
        out.push_str(&text.paragraph("  ", method.meaning));
        out.push_str(&text.paragraph("  ", &format!("{}; forward passes: {}", method.paper, method.cost)));
    }
    out
}
