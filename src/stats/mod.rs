//! Statistics over slices: no model, no text, no I/O.
