//! The README and the guide: what they print, and what they tell people to run.

#[cfg(unix)]
mod ci;
#[cfg(unix)]
mod literature;
mod printed;
mod readme;
#[cfg(unix)]
mod recipes;
